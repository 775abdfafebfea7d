public import Status

/// What the control interface shows and controls: the running service, of which it knows no more than this.
public protocol Controlled: Sendable {
    /// How things are. It must answer soon whatever state the parts are in.
    func report() async -> StatusReport

    /// Reads the configuration anew and puts it into force, whole or not at all; returns when what has changed has been
    /// set going. Throws ``ControlError/faults(_:)``.
    func reload() async throws(ControlError) -> ReloadAnswer

    /// Starts, stops or restarts a notifier or a daemon; returns when that has begun.
    func perform(_ action: ChildAction, on name: ChildName) async throws(ControlError)

    /// Puts the cursors of a notifier elsewhere; returns when that is on the disk.
    func rewind(_ request: RewindRequest) async throws(ControlError) -> RewindAnswer
}

/// What can be done to a notifier or a daemon. What its command is cannot be set here.
public enum ChildAction: String, Sendable, CaseIterable {
    /// Runs it again if it was stopped, or has died too often.
    case start
    /// Ends it by its stop sequence, and keeps it from being started again until it is told to, or Herald starts anew.
    case stop
    /// Ends it by its stop sequence and starts it again; starts it where none runs.
    case restart
}

/// Names a notifier or a daemon: `NAME`, or where both have one of this name `notifier:NAME` or `daemon:NAME`.
public struct ChildName: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case notifier, daemon
    }

    /// `nil` for whichever has it.
    public var kind: Kind?
    public var name: String

    public init(kind: Kind? = nil, name: String) {
        self.kind = kind
        self.name = name
    }

    /// What a person wrote. A name that begins with `notifier:` or `daemon:` is taken for one with its kind.
    public init(_ text: String) {
        for kind in Kind.allCases where text.utf8.starts(with: "\(kind.rawValue):".utf8) {
            self.init(kind: kind, name: String(text.utf8.dropFirst(kind.rawValue.utf8.count + 1)) ?? "")
            return
        }
        self.init(name: text)
    }
}

/// What a reload has done.
public struct ReloadAnswer: Codable, Sendable, Equatable {
    /// What has changed, a line each, for people; empty where nothing has.
    public var changes: [String]
    /// What is allowed and yet likely a mistake, as `file:line: what; what to do`.
    public var warnings: [String]

    public init(changes: [String], warnings: [String] = []) {
        self.changes = changes
        self.warnings = warnings
    }
}

/// Which cursors to put where.
public struct RewindRequest: Codable, Sendable, Equatable {
    /// The notifier; `nil` for all that have cursors.
    public var name: String?
    /// The only database; `nil` for all.
    public var database: String?
    /// `0`, `now`, or with a database a seq of it.
    public var to: String

    public init(name: String?, database: String?, to: String) {
        self.name = name
        self.database = database
        self.to = to
    }
}

/// In how many databases the cursors of which notifier were moved.
public struct RewindAnswer: Codable, Sendable, Equatable {
    public var databases: [String: Int]

    public init(databases: [String: Int]) {
        self.databases = databases
    }
}

/// Why the service does not do what it was asked to do.
public enum ControlError: Error, Sendable, Equatable {
    /// The configuration has these faults, as `file:line: what; what to do`; the one that was in force goes on.
    case faults([String])
    /// There is no such thing; with what to do next.
    case unknown(String)
    /// It cannot be done; with what to do next.
    case refused(String)
}
