/// Starts a child again at once, until it has failed too often within some time: CouchDB's rule for `os_daemons`.
///
/// If the failures within the last ``Limits/time``, this one included, are ``Limits/count`` or more, it is halted. So
/// three failures mean three starts in all, not three restarts.
public struct FailureWindow: RestartRule {
    /// How many failures within how much time are too many.
    public struct Limits: Sendable, Hashable {
        /// `max_retries`. With 0 as with 1 the first failure is one too many.
        public var count: Int

        /// `retry_time`.
        public var time: Duration

        public init(count: Int = 3, time: Duration = .seconds(5)) {
            self.count = count
            self.time = time
        }
    }

    private let limits: @Sendable () -> Limits
    private var moments: [Timekeeper.Instant] = []

    /// - Parameter limits: Asked at each failure, so that what changes meanwhile counts from the next one on.
    public init(limits: @escaping @Sendable () -> Limits) {
        self.limits = limits
    }

    /// At once, or a halt.
    public mutating func afterEnd(ofLife life: Duration, at now: Timekeeper.Instant) -> AfterEnd {
        let limits = limits()
        moments = recent(at: now, limits) + [now]
        return moments.count >= limits.count ? .halt : .start(after: .zero)
    }

    /// None has failed.
    public mutating func forget() {
        moments = []
    }

    /// How many there were within the last `time`.
    public func failures(at now: Timekeeper.Instant) -> Int { recent(at: now, limits()).count }

    private func recent(at now: Timekeeper.Instant, _ limits: Limits) -> [Timekeeper.Instant] {
        moments.filter { now - $0 <= limits.time }
    }
}
