/// How it is with one daemon.
public struct DaemonStatus: Codable, Sendable, Equatable {
    public var process: ProcessStatus
    /// How many failures there were within the last `retry_time`.
    public var failures: Int
    /// What it has registered for, in order: `section`, or `section/key`.
    public var registrations: [String]
    public var lastError: Mishap?

    public init(
        process: ProcessStatus,
        failures: Int = 0,
        registrations: [String] = [],
        lastError: Mishap? = nil
    ) {
        self.process = process
        self.failures = failures
        self.registrations = registrations
        self.lastError = lastError
    }
}
