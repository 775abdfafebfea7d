/// How it is with the process of a notifier or a daemon.
public struct ProcessStatus: Codable, Sendable, Equatable {
    public enum State: String, Codable, Sendable {
        case starting
        case running
        /// It ended, and is started again after a pause.
        case waiting
        /// It is being stopped.
        case stopping
        /// A person has stopped it.
        case stopped
        /// It died too often, and is not started again by itself.
        case halted
    }

    public var state: State
    /// `nil` where none runs.
    public var pid: Int32?
    /// For how long it has been in this state, in seconds; `nil` where that is not known.
    public var since: Double?
    /// How many times it was started, or that was tried, since Herald's start.
    public var starts: Int
    /// How the last one ended, in words: `exited with status 1`.
    public var lastEnd: Mishap?
    /// The last line that it wrote on stderr, control characters escaped.
    public var lastWords: String?

    public init(
        state: State,
        pid: Int32? = nil,
        since: Double? = nil,
        starts: Int = 0,
        lastEnd: Mishap? = nil,
        lastWords: String? = nil
    ) {
        self.state = state
        self.pid = pid
        self.since = since
        self.starts = starts
        self.lastEnd = lastEnd
        self.lastWords = lastWords
    }

    /// How many times it was started again.
    public var restarts: Int { max(starts - 1, 0) }
}
