import Curl

/// What happened with the feed of one database since Herald began, for the status.
@CurlLoop
final class FeedTally {
    var changes: UInt64 = 0
    /// How many times its feed was opened.
    var openings: UInt64 = 0
    var lastRow: ContinuousClock.Instant?
    var lastError: TimedText?

    func count(_ batch: ChangeBatch, at now: ContinuousClock.Instant) {
        guard !batch.isEmpty else { return }
        changes &+= UInt64(batch.count)
        lastRow = now
    }
}

/// The tallies of all databases; they outlive the hubs.
@CurlLoop
final class FeedTallies {
    private var tallies: [String: FeedTally] = [:]
    private var nextNumber = 0

    nonisolated init() {}

    subscript(database: String) -> FeedTally {
        if let tally = tallies[database] { return tally }
        let tally = FeedTally()
        tallies[database] = tally
        return tally
    }

    func forget(_ database: String) {
        tallies[database] = nil
    }

    /// A number that no database had before.
    func takeNumber() -> Int {
        defer { nextNumber += 1 }
        return nextNumber
    }
}

/// A text and when it was true.
struct TimedText: Sendable {
    let text: String
    let time: ContinuousClock.Instant

    init(_ text: String, at time: ContinuousClock.Instant = .now) {
        self.text = text
        self.time = time
    }
}
