/// A backup of all databases, as a copy of the server's files is one.
public struct CouchSnapshot: Sendable {
    fileprivate let databases: [(life: Database, contents: DatabaseContents)]
}

extension CouchState {
    /// All databases as they are now.
    public func snapshot() -> CouchSnapshot {
        CouchSnapshot(databases: allDatabases.map { (life: $0, contents: $0.read(\.self)) })
    }

    /// Puts all databases back to what they were. To be called while no server runs on this state, as files are put back.
    ///
    /// They are the lives that they were: `instance_start_time` and seqs are as before, and seqs that were given since
    /// the backup are given a second time, for other changes.
    public func restore(_ snapshot: CouchSnapshot) {
        replaceDatabases(snapshot.databases.map { Database(restoring: $0.life, to: $0.contents) })
    }
}
