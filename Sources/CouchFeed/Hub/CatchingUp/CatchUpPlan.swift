/// Decides how one who was detached comes back to the shared feed: reads by
/// itself until little is pending, has the shared feed's rows kept from then
/// on, and reads once more to the end, so that no change falls between the two.
///
/// Positions of two readers cannot be compared, which is why it takes these
/// steps (`DESIGN.md`, "Catching up"). A value that knows no I/O.
struct CatchUpPlan: Equatable {
    enum Action: Equatable {
        /// Ask for what comes after this place, at most so many rows.
        case read(since: Seq, limit: Int?)
        /// Keep what the shared feed gives from now on, and call ``CatchUpPlan/joined(readingFrom:)``.
        case join
        /// All is read: give what was kept, less what was read, and go on with the shared feed.
        case finish
    }

    private(set) var isJoining = false
    /// Up to where it has read.
    private(set) var position: Seq
    /// How many changes are left, as the server counted them last; `nil` where it does not.
    private(set) var pending: Int?

    /// So many rows are asked for at once.
    static let batchSize = 10_000
    /// So many left are few enough to read them while the shared feed's rows are kept.
    static let little = 1000

    init(position: Seq) {
        self.position = position
    }

    func begin() -> Action {
        .read(since: position, limit: Self.batchSize)
    }

    mutating func gave(_ seq: Seq) {
        position = seq
    }

    /// The last row of an answer has come, `count` in all.
    mutating func ended(_ tail: FeedTail, count: Int) -> Action {
        if let seq = tail.lastSeq { position = seq }
        pending = tail.pending
        if isJoining { return .finish }
        let isNearEnd = tail.pending.map { $0 <= Self.little } ?? (count < Self.batchSize)
        return isNearEnd ? .join : begin()
    }

    /// The shared feed's rows are kept. `place` is where to read from, if not from where it has read to.
    mutating func joined(readingFrom place: Seq? = nil) -> Action {
        isJoining = true
        return .read(since: place ?? position, limit: nil)
    }

    /// Too much was kept, or the last answer was broken off: what was kept is dropped.
    mutating func stepBack() {
        isJoining = false
    }
}
