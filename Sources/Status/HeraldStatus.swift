/// How it is with the service itself.
public struct HeraldStatus: Codable, Sendable, Equatable {
    public var version: String
    public var pid: Int32
    /// When it began, in RFC 3339.
    public var started: String
    /// For how long it has been running, in seconds.
    public var uptime: Double
    public var configuration: ConfigurationStatus

    public init(version: String, pid: Int32, started: String, uptime: Double, configuration: ConfigurationStatus) {
        self.version = version
        self.pid = pid
        self.started = started
        self.uptime = uptime
        self.configuration = configuration
    }
}

/// The configuration that is in force, and what is wrong with the one that is not.
public struct ConfigurationStatus: Codable, Sendable, Equatable {
    /// The files that were read, in their order.
    public var files: [String]
    /// When the configuration that is in force was read, in RFC 3339.
    public var loaded: String
    /// How many times a changed configuration has come into force since the start.
    public var reloads: Int
    /// What is wrong with the files as they are now, as `file:line: what; what to do`. Where there are any, the
    /// configuration that was in force before goes on.
    public var faults: [String]

    public init(files: [String], loaded: String, reloads: Int = 0, faults: [String] = []) {
        self.files = files
        self.loaded = loaded
        self.reloads = reloads
        self.faults = faults
    }
}
