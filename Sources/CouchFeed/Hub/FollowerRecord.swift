import Curl

/// What the hub knows of one of its followers.
@CurlLoop
final class FollowerRecord {
    /// How far it is with finding the databases that were there when it began to follow. Those that it finds later have
    /// been created since.
    enum FirstLook {
        case isDue
        case isUnderWay
        case isOver
    }

    /// Another takes its place where it is to be followed for in another way.
    var follower: any Follower
    var firstLook = FirstLook.isDue
    /// What it is to catch up with, in order.
    var queue = CatchUpQueue()
    /// In how many databases it is away from the shared feed.
    var awayCount = 0
    /// Whether it was found to have no room and has not caught up yet.
    var isBehind = false
    /// When it was last found to have no room.
    var lastDetached: ContinuousClock.Instant?

    init(_ follower: any Follower) {
        self.follower = follower
    }

    var name: String { follower.name }
}
