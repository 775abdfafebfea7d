/// What a supervisor and its child are doing.
public enum ChildState: Sendable, Equatable {
    /// ``Supervisor/run()`` was not called yet.
    case idle

    /// A child is being started.
    case starting

    /// A child runs, with this process id, since then.
    case running(pid: Int32, since: Timekeeper.Instant)

    /// The last child ended like this; another is started at that time.
    case waiting(until: Timekeeper.Instant, lastEnd: ChildEnd)

    /// The stop sequence goes on, with this child.
    case stopping(pid: Int32)

    /// Nothing runs, and nothing will be started any more.
    case stopped
}

/// The state of a supervisor with what it counted on the way.
public struct ChildStatus: Sendable, Equatable {
    /// What goes on now.
    public var state: ChildState = .idle

    /// How many times a child was started, or an attempt was made, since the supervisor began.
    public var starts = 0

    /// How the last child that is no more ended.
    public var lastEnd: ChildEnd?

    /// Makes the status of a supervisor that has not begun.
    public init() {}
}
