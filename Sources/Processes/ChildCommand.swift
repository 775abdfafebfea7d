/// What a child is: the command to run, and how to run and stop it.
public struct ChildCommand: Sendable, Equatable {
    /// The name it was given in the configuration. It stands in every line of the log about this child.
    public var name: String

    /// The command line. It runs as `/bin/sh -c 'exec <commandLine>'`, so quotes, variables and redirections work as in
    /// a shell, and the process that is watched is the command's own.
    public var commandLine: String

    /// The child's whole environment; nothing is inherited beside it. See ``ChildEnvironment``.
    public var environment: [String: String]

    /// The folder the child starts in; the service's own if `nil`.
    public var workingDirectory: String?

    /// How long the child may take to end once its stdin is closed, and again once TERM was sent.
    public var stopTimeout: Duration

    /// Describes a child; nothing is checked or started yet.
    public init(
        name: String,
        commandLine: String,
        environment: [String: String],
        workingDirectory: String? = nil,
        stopTimeout: Duration = .seconds(5)
    ) {
        self.name = name
        self.commandLine = commandLine
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.stopTimeout = stopTimeout
    }
}
