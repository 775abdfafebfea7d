/// Where a feed stood some time ago. A value that knows no I/O.
struct PlaceHistory {
    private var places: [(seq: Seq, since: ContinuousClock.Instant)] = []

    /// The newest is kept, and enough older ones to reach back for a minute in steps of a second.
    private static let step = Duration.seconds(1)
    private static let mostKept = 60

    /// The feed has come here.
    mutating func note(_ seq: Seq, at now: ContinuousClock.Instant) {
        if places.count > 1, places[places.count - 1].since - places[places.count - 2].since < Self.step {
            // The first of a second stays; those behind it replace each other.
            places.removeLast()
        }
        places.append((seq, now))
        if places.count > Self.mostKept { places.removeFirst() }
    }

    mutating func clear() {
        places = []
    }

    /// The last place that it had reached by then; `nil` if it had reached none that is known.
    func place(at moment: ContinuousClock.Instant) -> Seq? {
        places.last { $0.since <= moment }?.seq
    }
}
