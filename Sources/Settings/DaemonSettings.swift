/// A daemon: its command in `[os_daemons]` and its options in `[daemon:NAME]`.
public struct DaemonSettings: ChildSettings {
    /// The key in `[os_daemons]`.
    public var name: String
    /// The command line, for `/bin/sh`, as it was written.
    public var command: String
    /// The file in which the command stands.
    public var file: String
    /// The line of the command, counted from 1.
    public var line: Int
    /// How long it may take to end after its stdin was closed, and again after TERM; 10 ms to 1 h.
    public var stopTimeout: Duration = .seconds(5)
    /// Variables beside the service's own, in their order.
    public var environment: [EnvironmentVariable] = []
    /// The absolute path of the folder it runs in.
    public var workingDirectory: String

    /// A daemon without options; `line` counts from 1.
    public init(name: String, command: String, file: String, line: Int, workingDirectory: String) {
        self.name = name
        self.command = command
        self.file = file
        self.line = line
        self.workingDirectory = workingDirectory
    }
}

/// `[os_daemon_settings]`: when a daemon that dies again and again is halted. The defaults are those of CouchDB 1.x.
public struct DaemonRetrySettings: Sendable, Hashable {
    /// With how many failures within ``retryTime`` a daemon is halted; 0 to 1,000,000.
    public var maxRetries = 3
    /// For how long a failure counts; 1 s to 1 d.
    public var retryTime: Duration = .seconds(5)

    /// The defaults.
    public init() {}
}
