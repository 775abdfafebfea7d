/// How it is with one notifier.
public struct NotifierStatus: Codable, Sendable, Equatable {
    public enum Delivery: String, Codable, Sendable {
        /// It is given what the feeds give.
        case live
        /// It does not keep up: what it is to be told is merged, or waits on the server.
        case behind
        /// It is served what it has missed.
        case catchingUp = "catching_up"
    }

    public var process: ProcessStatus
    /// How many times in a row it died soon; 0 once it has lived for a while.
    public var failures: Int
    public var delivery: Delivery
    /// For how long the first line waits that has not been delivered, in seconds; 0 where none does.
    public var lag: Double
    /// How many changes it has still to catch up with, as the server counted them last; `nil` where it counted none.
    public var pending: Int?
    /// How many bytes wait for it in memory.
    public var waitingBytes: Int
    /// How many lines have been delivered since the start.
    public var lines: UInt64
    /// How many notices were merged into others since the start.
    public var merged: UInt64
    /// How many lines were given to it and are not confirmed yet; `nil` where it does not confirm.
    public var unconfirmed: Int?
    /// How many of its lines are dead letters.
    public var deadLetters: Int
    public var lastError: Mishap?

    public init(
        process: ProcessStatus,
        failures: Int = 0,
        delivery: Delivery = .live,
        lag: Double = 0,
        pending: Int? = nil,
        waitingBytes: Int = 0,
        lines: UInt64 = 0,
        merged: UInt64 = 0,
        unconfirmed: Int? = nil,
        deadLetters: Int = 0,
        lastError: Mishap? = nil
    ) {
        self.process = process
        self.failures = failures
        self.delivery = delivery
        self.lag = lag
        self.pending = pending
        self.waitingBytes = waitingBytes
        self.lines = lines
        self.merged = merged
        self.unconfirmed = unconfirmed
        self.deadLetters = deadLetters
        self.lastError = lastError
    }
}
