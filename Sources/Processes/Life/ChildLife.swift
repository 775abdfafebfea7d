/// One life of a child, from its start to the end of the last process of its group, without the processes: what
/// happens goes in, what to do comes out.
///
/// A stop goes through closing stdin, TERM to the group and KILL to the group, with a wait before each next step. What
/// is left of the group when the child itself has ended goes the same way from where the child was; if the child ended
/// unasked, the rest gets `grace` to end by itself, for it may be about to (`command > >(filter)`).
struct ChildLife: Equatable {
    enum Event: Equatable {
        case started
        /// A write came up short: the child is gone, or has closed its stdin.
        case inputBroken
        /// The child itself has ended; whether others of its group live on.
        case ended(othersLive: Bool)
        /// The last of the others has ended.
        case othersGone
        /// The wait with this number is over.
        case waited(Int)
        /// The child is to make room for another.
        case replace
        case stop
        case kill
    }

    enum Action: Equatable {
        /// Stop writing and close stdin, also in the midst of a write.
        case endInput
        case terminateGroup
        case killGroup
        /// Send `waited` with this number after this time. There is one wait at a time; a new one replaces it.
        case wait(Duration, Int)
        /// Send `othersGone` when the last process of the group has ended.
        case watchOthers
        /// Tell that the child has closed its stdin and lives on.
        case reportClosedInput
        /// All is over.
        case finish
    }

    private enum Phase: Equatable {
        case starting, running, brokenInput, closing, terminating, killing, over
    }

    /// How long a child whose stdin is gone may take to be gone itself: a dying process closes its pipes first.
    static let dying: Duration = .milliseconds(200)

    /// How long the rest of a group may live on after a child that ended unasked, before it gets TERM.
    static let grace: Duration = .milliseconds(100)

    /// How long to wait for a killed group. What is still there then is not running: it hangs in the kernel, or is a
    /// zombie whose parent does not care.
    static let killPatience: Duration = .seconds(2)

    private let stopTimeout: Duration
    private var phase = Phase.starting
    private var childLives = true
    private var wanted: Event?
    private var waits = 0

    init(stopTimeout: Duration) {
        self.stopTimeout = stopTimeout
    }

    mutating func handle(_ event: Event) -> [Action] {
        guard phase != .over else { return [] }
        switch event {
        case .started: return start()
        case .inputBroken: return breakInput()
        case .ended(let othersLive): return end(othersLive: othersLive)
        case .othersGone: return finish()
        case .waited(let number): return number == waits ? goOn() : []
        case .replace: return replace()
        case .stop: return stop()
        case .kill: return kill()
        }
    }

    private mutating func start() -> [Action] {
        guard phase == .starting else { return [] }
        phase = .running
        return wanted.map { handle($0) } ?? []
    }

    private mutating func breakInput() -> [Action] {
        guard phase == .running else { return [] }
        phase = .brokenInput
        return [wait(Self.dying)]
    }

    /// A child that has not begun has given no reason to be replaced: it was another that was meant.
    private mutating func replace() -> [Action] {
        phase == .starting ? [] : stop()
    }

    private mutating func stop() -> [Action] {
        switch phase {
        case .starting:
            wanted = wanted ?? .stop
            return [.endInput]
        case .running, .brokenInput:
            phase = .closing
            return [.endInput, wait(stopTimeout)]
        case .closing, .terminating, .killing, .over:
            return []
        }
    }

    private mutating func kill() -> [Action] {
        switch phase {
        case .starting:
            wanted = .kill
            return [.endInput]
        case .running, .brokenInput, .closing, .terminating:
            phase = .killing
            return [.endInput, .killGroup] + (childLives ? [] : [wait(Self.killPatience)])
        case .killing, .over:
            return []
        }
    }

    private mutating func end(othersLive: Bool) -> [Action] {
        guard childLives else { return [] }
        childLives = false
        guard othersLive else { return finish() }
        switch phase {
        case .starting, .running, .brokenInput:
            phase = .closing
            return [.watchOthers, wait(Self.grace)]
        case .closing, .terminating, .over:
            return [.watchOthers]
        case .killing:
            return [.watchOthers, wait(Self.killPatience)]
        }
    }

    private mutating func goOn() -> [Action] {
        switch phase {
        case .starting, .running, .over:
            return []
        case .brokenInput:
            phase = .closing
            return [.reportClosedInput, .endInput, wait(stopTimeout)]
        case .closing:
            phase = .terminating
            return [.terminateGroup, wait(stopTimeout)]
        case .terminating:
            phase = .killing
            return [.killGroup] + (childLives ? [] : [wait(Self.killPatience)])
        case .killing:
            return childLives ? [] : finish()
        }
    }

    private mutating func finish() -> [Action] {
        phase = .over
        return [.finish]
    }

    private mutating func wait(_ time: Duration) -> Action {
        waits += 1
        return .wait(time, waits)
    }
}
