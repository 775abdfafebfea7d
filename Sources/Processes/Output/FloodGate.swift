/// Limits how much of a child's output reaches the log: a bucket of tokens that fills at a steady rate.
///
/// A line costs one token, and one more for each whole KiB of it. The usual bucket holds 200 and gets 20 a second: a
/// stack trace or a start-up banner passes whole, and a child that writes without end costs the log at most 20 kB a
/// second.
struct FloodGate: Sendable, Equatable {
    let burst: Double
    let perSecond: Double

    private var tokens: Double
    private var filled: Timekeeper.Instant?
    private(set) var dropped = 0

    init(burst: Double = 200, perSecond: Double = 20) {
        self.burst = burst
        self.perSecond = perSecond
        self.tokens = burst
    }

    /// Whether a line of so many bytes passes now. One that does not is counted.
    mutating func admits(lineOf bytes: Int, at now: Timekeeper.Instant) -> Bool {
        if let filled, now > filled {
            tokens = min(burst, tokens + (now - filled) / .seconds(1) * perSecond)
        }
        filled = max(now, filled ?? now)
        let price = Double(1 + bytes / 1024)
        guard tokens >= price else {
            dropped += 1
            return false
        }
        tokens -= price
        return true
    }

    /// How many lines were dropped since this was last asked.
    mutating func takeDropped() -> Int {
        defer { dropped = 0 }
        return dropped
    }
}
