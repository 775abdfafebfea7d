public import Curl

/// Whoever has a cursor of its own in the databases it wants. All calls come on the loop's thread and must not block it.
@CurlLoop
public protocol Follower: AnyObject {
    nonisolated var name: String { get }
    /// Where it notes what has been delivered. The marks that it is given with each call are noted there once all that
    /// it was given before has been delivered.
    nonisolated var ledger: Ledger { get }
    nonisolated var needs: FollowerNeeds { get }
    /// Whether it begins, when it has never followed, where databases stand; else at their beginning.
    nonisolated var startsNow: Bool { get }
    /// Tells its choice of databases, for ``wants(database:inScope:)`` of a later run. Opaque; not empty.
    nonisolated var scope: String { get }
    /// Asked once for each database that appears.
    func wants(database name: String) -> Bool
    /// Whether it would have wanted the database when its choice was `scope`.
    func wants(database name: String, inScope scope: String) -> Bool
    /// The database has begun or ended a life. Before the first batch of a new
    /// life comes ``LifeEvent/created(_:)``, after the last ``LifeEvent/deleted(_:)``.
    func receive(_ event: LifeEvent, of database: FollowedDatabase, mark: Mark)
    /// Changes, in the feed's order, of this life. `mark` is where they reach; `nil` where none of them had a seq.
    func receive(_ batch: ChangeBatch, of database: FollowedDatabase, in instance: Instance, mark: Mark?)
    /// Nothing but a mark.
    func reached(_ mark: Mark)
    /// Whether more can be taken. One that cannot is detached from the feeds of its databases, which go on for others;
    /// when it can again, which ``Hub/roomAgain()`` tells, it catches up. What comes in the same turn of the loop is
    /// still to be taken.
    var hasRoom: Bool { get }
}

/// What a follower needs to know of each change.
public struct FollowerNeeds: Sendable, Equatable {
    /// Whether batches must have ``ChangeBatch/rows``.
    public var rows: Bool
    /// Whether these must have the documents.
    public var documents: Bool
    /// Whether each must have its seq, also while catching up, where most go without for speed.
    public var everySeq: Bool
    /// At most so many rows in a row may have no seq, since it is by these that a cursor moves.
    public var longestStride: Int

    public init(rows: Bool = false, documents: Bool = false, everySeq: Bool = false, longestStride: Int = 1000) {
        self.rows = rows
        self.documents = documents
        self.everySeq = everySeq
        self.longestStride = longestStride
    }
}
