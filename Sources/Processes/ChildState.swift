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

    /// Children ended too often, the last one like this; none is started until ``Supervisor/resume()``.
    case halted(lastEnd: ChildEnd)

    /// Nothing runs until ``Supervisor/resume()``.
    case suspended

    /// Nothing runs, and nothing will be started any more.
    case stopped
}

/// The state of a supervisor with what it counted on the way.
public struct ChildStatus: Sendable, Equatable {
    /// What goes on now.
    public var state: ChildState = .idle

    /// Since when; `nil` before anything went on.
    public var since: Timekeeper.Instant?

    /// How many times a child was started, or an attempt was made, since the supervisor began.
    public var starts = 0

    /// How the last child that is no more ended.
    public var lastEnd: ChildEnd?

    /// When it did.
    public var lastEnded: Timekeeper.Instant?

    /// Why a child was last ended as failed, and when: see ``Supervisor/restart(_:)``.
    public var lastFailure: Failure?

    /// How many failures counted when the status was taken.
    public var failures = 0

    /// How many failures there were in a row that the child which runs now, if any, has not outlived yet.
    public func standingFailures(at now: Timekeeper.Instant) -> Int {
        guard case .running = state, let since, now - since >= RestartPolicy.steadyLife else { return failures }
        return 0
    }

    /// Why a child was ended as failed.
    public struct Failure: Sendable, Equatable {
        public var why: String
        public var time: Timekeeper.Instant
    }

    /// Makes the status of a supervisor that has not begun.
    public init() {}
}
