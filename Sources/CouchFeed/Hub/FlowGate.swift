/// Decides whether a feed that several followers share may flow while some of
/// them have no room. A value that knows no I/O.
///
/// One that takes nothing delays no other: it is detached. But who merely had
/// to wait for a processor has room again within milliseconds, and to catch up
/// costs more than that; so the feed waits for a moment, at most now and then.
struct FlowGate {
    enum Decision: Equatable {
        case flow
        /// Ask again when a follower has room, or after this long at the latest; never by itself if `nil`.
        case wait(Duration?)
        /// It flows without those that have no room.
        case detachFull
    }

    /// A follower that is attached.
    struct Attached {
        var hasRoom: Bool
        /// When it was last found to be too slow, in any database.
        var lastDetached: ContinuousClock.Instant?
    }

    /// So long a feed waits for those who may be back at once.
    static let patience = Duration.milliseconds(50)
    /// So long nobody waits again for one that has made others wait in vain.
    static let impatience = Duration.seconds(10)

    private var waitingSince: ContinuousClock.Instant?

    var isWaiting: Bool { waitingSince != nil }

    mutating func decide(_ followers: [Attached], at now: ContinuousClock.Instant) -> Decision {
        guard followers.contains(where: { !$0.hasRoom }) else {
            waitingSince = nil
            return .flow
        }
        // Where nobody has room there is nobody to delay.
        guard followers.contains(where: \.hasRoom) else { return .wait(nil) }
        let since = waitingSince ?? now
        let isHopeful = followers.contains { follower in
            !follower.hasRoom && follower.lastDetached.map { now - $0 >= Self.impatience } ?? true
        }
        let left = since + Self.patience - now
        guard isHopeful, left > .zero else {
            waitingSince = nil
            return .detachFull
        }
        waitingSince = since
        return .wait(left)
    }
}
