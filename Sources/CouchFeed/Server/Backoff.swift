/// How long to wait before the next try: from 100 ms, doubling, to 60 s, each
/// time a random part of it ("full jitter"), so that a thousand feeds that broke
/// together do not come back together.
struct Backoff: Sendable, Equatable {
    static let shortest = Duration.milliseconds(100)
    static let longest = Duration.seconds(60)

    /// Tries since the last success.
    private(set) var failures = 0

    /// The longest that the next wait can be.
    var ceiling: Duration {
        // 2^10 times the shortest is beyond the longest.
        min(Self.shortest * (1 << min(failures, 10)), Self.longest)
    }

    /// Counts a failure. Waits at least for as long as the server asked for.
    mutating func next(retryAfter: Duration? = nil, using random: inout some RandomNumberGenerator) -> Duration {
        let wait = ceiling * Double.random(in: 0...1, using: &random)
        failures += 1
        return max(wait, retryAfter ?? .zero)
    }

    mutating func reset() {
        failures = 0
    }

    /// The wait where only a person can help (401, 403): half a minute to a minute.
    static func slow(using random: inout some RandomNumberGenerator) -> Duration {
        longest * Double.random(in: 0.5...1, using: &random)
    }
}
