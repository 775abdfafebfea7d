import Curl

/// What one follower is to catch up with, in the order in which it was detached.
@CurlLoop
struct CatchUpQueue {
    private var entries: [(database: FollowedDatabase, seat: Seat)] = []
    private var first = 0

    mutating func append(_ database: FollowedDatabase, _ seat: Seat) {
        guard !seat.isQueued else { return }
        seat.isQueued = true
        entries.append((database, seat))
    }

    /// The next that is still detached.
    mutating func next() -> (database: FollowedDatabase, seat: Seat)? {
        while first < entries.count {
            let (database, seat) = entries[first]
            first += 1
            if first > 1024, first * 2 > entries.count {
                entries.removeFirst(first)
                first = 0
            }
            seat.isQueued = false
            if seat.isDetached { return (database, seat) }
        }
        entries = []
        first = 0
        return nil
    }
}
