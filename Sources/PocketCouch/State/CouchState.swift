import NIOConcurrencyHelpers

/// The databases of an embedded server. They outlive it: give the same state to the next ``PocketCouch`` and it is a
/// server that was restarted. Usable from any thread, with a server or without one.
public final class CouchState: Sendable {
    private struct State {
        var uuid: String
        var databases: [String: Database] = [:]
        var bell = Bell()
        var bellWaiters: [ObjectIdentifier: Waiter] = [:]
        /// Of those readers that want every event singly, at once.
        var eventWaiters: [ObjectIdentifier: Waiter] = [:]
        /// As the server that has it says. Before there is one, nobody is to hear later of what happens now.
        var bellWindow: Duration = .zero
        var bellShuffles = true
        var isFlushScheduled = false
        var stats = CouchStats()
    }

    let clock: WallClock
    /// The bell's own seqs have a life of their own.
    let bellInstance = Instance()
    private let born = ContinuousClock.now
    private let state: NIOLockedValueBox<State>

    /// An empty server.
    ///
    /// - Parameters:
    ///   - uuid: what `GET /` shows; random if nil.
    ///   - clock: the time of day, in microseconds since 1970, by which databases are created.
    public init(uuid: String? = nil, clock: @escaping WallClock = machineClock) {
        self.clock = clock
        state = NIOLockedValueBox(State(uuid: uuid ?? randomUUID()))
    }

    /// The server's uuid, which `GET /` shows: another uuid is another server.
    public var uuid: String {
        get { state.withLockedValue { $0.uuid } }
        set { state.withLockedValue { $0.uuid = newValue } }
    }

    /// The databases' names, in the order of `_all_dbs`.
    public var databaseNames: [String] {
        let names = state.withLockedValue { Array($0.databases.keys) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// What was asked so far and what is open now.
    public var stats: CouchStats {
        state.withLockedValue { $0.stats }
    }

    func count(_ change: (inout CouchStats) -> Void) {
        state.withLockedValue { change(&$0.stats) }
    }

    // MARK: Databases

    func database(_ name: String) -> Database? {
        state.withLockedValue { $0.databases[name] }
    }

    func existing(_ name: String) throws(CouchError) -> Database {
        guard let database = database(name) else { throw .missingDatabase }
        return database
    }

    /// Creates an empty database.
    ///
    /// - Throws: `illegal_database_name` (400), `file_exists` (412).
    public func createDatabase(_ name: String) throws(CouchError) {
        guard Self.isLegal(name) else { throw .illegalDatabaseName(name) }
        let database = Database(name: name, createdAt: clock())
        let isNew = state.withLockedValue { state in
            if state.databases[name] != nil { return false }
            state.databases[name] = database
            return true
        }
        guard isNew else { throw .fileExists }
        ring(.created, name)
    }

    /// Deletes a database; its open feeds end with a `last_seq` line.
    ///
    /// - Throws: `not_found` (404).
    public func deleteDatabase(_ name: String) throws(CouchError) {
        guard let database = state.withLockedValue({ $0.databases.removeValue(forKey: name) }) else {
            throw .missingDatabase
        }
        database.delete()
        ring(.deleted, name)
    }

    /// CouchDB's rule, and the system databases that have names of their own.
    private static func isLegal(_ name: String) -> Bool {
        if ["_users", "_replicator", "_global_changes"].contains(name) { return true }
        guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "_$()+-/".utf8.contains(byte)
            }
        }
    }

    // MARK: Documents

    func write<Result>(
        _ database: Database,
        _ body: (inout DatabaseContents) throws(CouchError) -> Result
    ) throws(CouchError) -> Result {
        let (result, moved) = try database.write(body)
        if moved { ring(.updated, database.name) }
        return result
    }

    /// Writes a document over whatever stands there.
    ///
    /// - Parameters:
    ///   - id: the document's id; `_design/` and `_local/` ids do what they do over HTTP.
    ///   - body: a JSON object; its `_rev`, if any, is ignored.
    ///   - name: the database.
    /// - Returns: the new revision.
    /// - Throws: as `PUT /db/id` does, but for conflicts.
    @discardableResult
    public func put(_ id: String, _ body: String = "{}", in name: String) throws(CouchError) -> String {
        try bulk([(id, body)], in: name)[0]
    }

    /// Deletes a document, whatever its revision.
    ///
    /// - Returns: the revision of the deletion.
    /// - Throws: `not_found` (404).
    @discardableResult
    public func delete(_ id: String, in name: String) throws(CouchError) -> String {
        let database = try existing(name)
        let edit = DocumentEdit(deleting: try DocumentEdit.checked(id), revision: nil)
        let revision = try write(database) { contents throws(CouchError) in
            let isThere = edit.isLocal ? contents.locals[id] != nil : contents.documents[id]?.isDeleted == false
            guard isThere else { throw .notFound("missing") }
            return try contents.overwrite(edit)
        }
        return revision.description
    }

    /// Writes many documents at once, each over whatever stands there: the feeds see them together, and the bell rings
    /// once.
    ///
    /// - Parameters:
    ///   - documents: pairs of id and JSON object.
    ///   - name: the database.
    /// - Returns: the new revisions, in the same order.
    /// - Throws: as ``put(_:_:in:)`` does; then nothing is written.
    @discardableResult
    public func bulk(_ documents: [(id: String, body: String)], in name: String) throws(CouchError) -> [String] {
        let database = try existing(name)
        var edits: [DocumentEdit] = []
        for document in documents {
            guard let json = try? JSONParser.parse(document.body) else { throw .invalidJSON }
            edits.append(try DocumentEdit(json, id: document.id))
        }
        return try write(database) { contents throws(CouchError) in
            var revisions: [String] = []
            for edit in edits { revisions.append(try contents.overwrite(edit).description) }
            return revisions
        }
    }

    /// The newest seq of a database as `GET /db` shows it, without quotes.
    ///
    /// - Throws: `not_found` (404).
    public func updateSeq(of name: String, dialect: Dialect = .couchDB3) throws(CouchError) -> String {
        let database = try existing(name)
        let number = database.read(\.updateNumber)
        return dialect.hasIntegerSeqs ? String(number) : database.instance.seq(number)
    }

    /// What stands in a database, deleted documents included, by their ids.
    ///
    /// - Throws: `not_found` (404).
    public func latest(in name: String) throws(CouchError) -> [String: LatestChange] {
        try existing(name).read { contents in
            contents.documents.compactMapValues { document in
                document.winner.map { LatestChange(revision: $0.revision.description, isDeleted: $0.isDeleted) }
            }
        }
    }

    // MARK: Backups

    /// All databases as they are now.
    public func snapshot() -> CouchSnapshot {
        let databases = state.withLockedValue { $0.databases }
        return CouchSnapshot(databases: databases.mapValues { $0.copy() })
    }

    /// Makes this the server that was restored from a backup: exactly the databases of `snapshot`, with the lives, and so
    /// the `instance_start_time` and the seqs, that they had.
    ///
    /// A seq that was given after the snapshot is still one of that life: as CouchDB does, where its shard's uuid and
    /// node fit, a feed goes on behind its number, beyond the end. So it says nothing, and gives that seq back as
    /// `last_seq`, until the database has outgrown it; what is written until then stays hidden from it.
    ///
    /// As with a CouchDB, no server should run meanwhile; feeds that are open end. `_db_updates` says nothing of it.
    public func restore(_ snapshot: CouchSnapshot) {
        let databases = snapshot.databases.mapValues { $0.copy() }
        let ended = state.withLockedValue { state in
            defer { state.databases = databases }
            state.bell.dropPending()
            return state.databases.values
        }
        for database in ended { database.delete() }
    }

    // MARK: The bell

    private func ring(_ kind: Bell.Kind, _ name: String) {
        let (schedule, waiters) = state.withLockedValue { state in
            state.bell.ring(.init(kind: kind, database: name))
            var waiters = Array(state.eventWaiters.values)
            if state.bellWindow <= .zero, state.bell.flush(shuffles: false) { waiters += state.bellWaiters.values }
            let schedule = !state.isFlushScheduled && !state.bell.pending.isEmpty
            state.isFlushScheduled = state.isFlushScheduled || schedule
            return (schedule ? state.bellWindow : nil, waiters)
        }
        for waiter in waiters { waiter.wake() }
        if let window = schedule { flushAfter(window) }
    }

    /// CouchDB's windows follow one another whether or not there is news, so that news waits for half of one on average.
    private func flushAfter(_ window: Duration) {
        let age = ContinuousClock.now - born
        let windows = Int64(age / window) + 1
        let end = born + window * Int(windows)
        Task.detached {
            // To the end of the window: this is CouchDB's delay itself. Nobody cancels a detached task.
            try? await Task.sleep(until: end, clock: .continuous)
            self.flushBell()
        }
    }

    /// Ends the bell's window now.
    public func flushBell() {
        let waiters = state.withLockedValue { state in
            state.isFlushScheduled = false
            return state.bell.flush(shuffles: state.bellShuffles) ? Array(state.bellWaiters.values) : []
        }
        for waiter in waiters { waiter.wake() }
    }

    func dropPendingNews() {
        state.withLockedValue { $0.bell.dropPending() }
    }

    func setBell(window: Duration, shuffles: Bool) {
        state.withLockedValue { state in
            state.bellWindow = window
            state.bellShuffles = shuffles
        }
    }

    func readBell<Result>(_ body: (Bell) -> Result) -> Result {
        state.withLockedValue { body($0.bell) }
    }

    /// - Parameter singly: whether the waiter is woken by every event, or by the end of a window.
    func attachToBell(_ waiter: Waiter, singly: Bool) {
        state.withLockedValue { state in
            if singly {
                state.eventWaiters[ObjectIdentifier(waiter)] = waiter
            } else {
                state.bellWaiters[ObjectIdentifier(waiter)] = waiter
            }
        }
    }

    func detachFromBell(_ waiter: Waiter) {
        state.withLockedValue { state in
            state.eventWaiters[ObjectIdentifier(waiter)] = nil
            state.bellWaiters[ObjectIdentifier(waiter)] = nil
        }
    }
}
