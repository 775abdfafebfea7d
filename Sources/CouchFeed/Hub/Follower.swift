public import Curl

/// Whoever has a cursor of its own in the databases it wants. All calls come on the loop's thread and must not block it.
@CurlLoop
public protocol Follower: AnyObject {
    /// Asked once for each database that appears.
    func wants(database name: String) -> Bool
    /// The database has begun or ended a life. Before the first batch of a new
    /// life comes ``LifeEvent/created``, after the last ``LifeEvent/deleted``.
    func receive(_ event: LifeEvent, of database: FollowedDatabase)
    /// Changes, in the feed's order.
    func receive(_ batch: ChangeBatch, of database: FollowedDatabase)
    /// Whether more can be taken. While it cannot, the feeds of its databases
    /// wait; ``Hub/roomAgain()`` lets them go on. What comes in the same turn of
    /// the loop is still to be taken.
    var hasRoom: Bool { get }
}
