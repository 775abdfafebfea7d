/// What notifiers and daemons have in common: a process with a name, a command line and three options.
public protocol ChildSettings: Sendable, Hashable {
    /// The key that names it.
    var name: String { get set }
    /// The command line, for `/bin/sh`, as it was written.
    var command: String { get set }
    /// The file in which the command stands.
    var file: String { get set }
    /// The line of the command, counted from 1.
    var line: Int { get set }
    /// How long it may take to end after its stdin was closed, and again after TERM; 10 ms to 1 h.
    var stopTimeout: Duration { get set }
    /// Variables beside the service's own, in their order.
    var environment: [EnvironmentVariable] { get set }
    /// The absolute path of the folder it runs in.
    var workingDirectory: String { get set }
}

extension ChildSettings {
    /// Where the command stands.
    public var place: ConfigurationPlace {
        get { ConfigurationPlace(file: file, line: line) }
        set {
            file = newValue.file
            line = newValue.line ?? line
        }
    }

    /// Whether these are the settings of `other`, wherever in the files the two stand.
    public func isSame(as other: Self) -> Bool {
        var moved = self
        moved.place = other.place
        return moved == other
    }
}

/// Where something stands in the configuration.
public struct ConfigurationPlace: Sendable, Hashable {
    /// The file as it was named.
    public var file: String
    /// The line, counted from 1; nil for the file as a whole.
    public var line: Int?

    /// A place in `file`; `line` counts from 1.
    public init(file: String, line: Int? = nil) {
        self.file = file
        self.line = line
    }
}

extension ConfigurationPlace: CustomStringConvertible {
    /// `file:line`, as faults have it.
    public var description: String {
        line.map { "\(file):\($0)" } ?? file
    }
}
