public import Logging
import NIOConcurrencyHelpers

/// Keeps one child alive: starts it, feeds it, logs what it says, and starts it again whenever it ends, as its rule says,
/// until it is told to stop.
///
/// All that it can be told may be told from any thread at any time, also from within a call of the input or the output.
public final class Supervisor: Sendable {
    private struct State {
        var status = ChildStatus()
        var command: ChildCommand
        var supervision: Supervision
        var begun = false
        var over = false
        /// What waits for the time of the next start, or for news.
        var rest: Task<Void, Never>?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let input: any ChildInput
    private let output: any ChildOutput
    private let log: ChildLog
    private let time: Timekeeper
    private let runner: any ChildRunner
    private let orders = Orders()
    private let state: NIOLockedValueBox<State>

    /// Makes a supervisor; nothing is started before ``run()``.
    /// - Parameters:
    ///   - kind: What the child is to its owner, for the log: "notifier", "daemon".
    ///   - command: What to run.
    ///   - input: What to write to it. It lives on from child to child.
    ///   - output: Where its lines go; into the log if `nil`.
    ///   - logger: Gets a line for each start, stop and end, and the child's own lines.
    ///   - restartRule: When to start it again.
    ///   - time: For tests.
    public convenience init(
        kind: String,
        command: ChildCommand,
        input: any ChildInput,
        output: (any ChildOutput)? = nil,
        logger: Logger,
        restartRule: any RestartRule = RestartPolicy(),
        time: Timekeeper = .system
    ) {
        self.init(
            kind: kind,
            command: command,
            input: input,
            output: output ?? LoggedOutput(kind: kind, name: command.name, logger: logger, time: time),
            logger: logger,
            restartRule: restartRule,
            time: time,
            runner: SubprocessRunner(time: time)
        )
    }

    init(
        kind: String,
        command: ChildCommand,
        input: any ChildInput,
        output: any ChildOutput,
        logger: Logger,
        restartRule: any RestartRule,
        time: Timekeeper,
        runner: any ChildRunner
    ) {
        self.input = input
        self.output = output
        log = ChildLog(kind: kind, name: command.name, logger: logger)
        self.time = time
        self.runner = runner
        state = NIOLockedValueBox(State(command: command, supervision: Supervision(restartRule)))
    }

    /// What is run, and how.
    public var command: ChildCommand {
        state.withLockedValue { $0.command }
    }

    /// What goes on now.
    public var status: ChildStatus {
        let now = time.now()
        return state.withLockedValue { state in
            var status = state.status
            // As `run` will find it.
            if status.state == .idle, !state.supervision.isWanted { status.state = .suspended }
            status.failures = state.supervision.failures(at: now)
            return status
        }
    }

    /// Whether a child is to be there: not between ``suspend()`` and ``resume()``.
    public var isWanted: Bool {
        state.withLockedValue { $0.supervision.isWanted }
    }

    /// Starts the child and keeps it alive; returns when it was stopped and nothing of its process group is left. If
    /// the task is cancelled, the group gets KILL at once. A second call starts nothing and waits for the end too.
    public func run() async {
        let isFirst = state.withLockedValue { state in
            defer { state.begun = true }
            return !state.begun
        }
        guard isFirst else { return await waitForEnd() }
        // The work goes on in a task that is never cancelled: the end of a child must be seen through.
        let work = Task { await keepAlive() }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            orders.give(.kill)
        }
        enter(.stopped)
        let waiting = state.withLockedValue { state in
            state.over = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting {
            continuation.resume()
        }
    }

    /// Stops the child for good, and returns when nothing of its process group is left: its stdin is closed at once,
    /// also in the midst of a write; after the stop timeout the group gets TERM, and after another KILL. Safe at any
    /// time and any number of times; before ``run()`` it makes that return without starting anything.
    public func stop() async {
        orders.give(.stop)
        let begun = state.withLockedValue { state in
            if !state.begun {
                state.status.state = .stopped
            }
            return state.begun
        }
        if begun {
            await waitForEnd()
        }
    }

    private func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let over = state.withLockedValue { state in
                if !state.over {
                    state.waiting.append(continuation)
                }
                return state.over
            }
            if over {
                continuation.resume()
            }
        }
    }

    private func keepAlive() async {
        while orders.current == .carryOn {
            guard let command = beginOrWait() else {
                await rest()
                continue
            }
            input.restart()
            let birth = NIOLockedValueBox(time.now())
            let end = await runner.run(command, input: input, output: output, orders: orders) { [self] news in
                if case .started = news {
                    birth.withLockedValue { $0 = time.now() }
                }
                hear(news)
            }
            let wasOrdered = orders.current != .carryOn
            let isPlanned = wasOrdered || state.withLockedValue { $0.supervision.isEndingAsPlanned }
            input.childEnded(isOrdered: isPlanned)
            let now = time.now()
            let life = if case .couldNotStart = end { Duration.zero } else { now - birth.withLockedValue { $0 } }
            let after = state.withLockedValue { state in
                state.status.lastEnd = end
                state.status.lastEnded = now
                return wasOrdered ? nil : state.supervision.ended(after: life, at: now)
            }
            log.ended(end, of: command, after: life, followedBy: after)
        }
        log.stopped()
    }

    /// What to start, if something is to be started now. Else the state is set for a rest.
    private func beginOrWait() -> ChildCommand? {
        let now = time.now()
        return state.withLockedValue { state in
            guard case .start = state.supervision.next(at: now) else { return nil }
            state.supervision.began()
            state.status.state = .starting
            state.status.since = now
            state.status.starts += 1
            return state.command
        }
    }

    /// Waits until it is time for the next start, or until something is told.
    private func rest() async {
        let now = time.now()
        // Made under the lock, so that whatever is told from now on ends it.
        let rest = state.withLockedValue { state -> Task<Void, Never>? in
            guard case .wait(let moment) = state.supervision.next(at: now) else { return nil }
            state.status.state = Self.restingState(state, until: moment)
            state.status.since = now
            let rest = Task { [time] in
                if let moment { await time.sleep(moment) } else { await Self.sleepUntilCancelled() }
            }
            state.rest = rest
            return rest
        }
        guard let rest else { return }
        orders.listen { _ in rest.cancel() }
        await rest.value
        orders.stopListening()
        state.withLockedValue { $0.rest = nil }
    }

    private static func restingState(_ state: State, until moment: Timekeeper.Instant?) -> ChildState {
        let end = state.status.lastEnd ?? .couldNotStart("it was never tried")
        if let moment { return .waiting(until: moment, lastEnd: end) }
        return state.supervision.isHalted ? .halted(lastEnd: end) : .suspended
    }

    private static func sleepUntilCancelled() async {
        let (never, end) = AsyncStream<Never>.makeStream()
        defer { end.finish() }
        for await _ in never {}
    }

    private func hear(_ news: ChildNews) {
        let now = time.now()
        // Whoever has seen the line finds the status to be so.
        defer { log.hear(news) }
        switch news {
        case .started(let pid):
            let isUnwanted = state.withLockedValue { state in
                state.status.state = .running(pid: pid, since: now)
                state.status.since = now
                return state.supervision.ending != nil
            }
            // It was on its way when it failed or another was wanted, and nobody could be told.
            if isUnwanted { orders.replaceChild() }
        case .stopping:
            state.withLockedValue { state in
                guard case .running(let pid, _) = state.status.state else { return }
                state.status.state = .stopping(pid: pid)
                state.status.since = now
            }
        case .closedInput, .terminating, .killing: break
        }
    }

    private func enter(_ new: ChildState) {
        let now = time.now()
        state.withLockedValue { state in
            state.status.state = new
            state.status.since = now
        }
    }
}

/// What its owner can want of it.
extension Supervisor {
    /// Ends the child that lives now as ``stop()`` does, because it has failed; its end counts as any other, and another
    /// follows as the rule says. Returns at once. Without effect when no child runs or the one that does is being ended
    /// already.
    /// - Parameters:
    ///   - why: The reason, for the log: words that follow the child's name and a colon.
    ///   - isSure: Whether no other child than the one that lives now can be meant, because of what it has written: it
    ///     is ended also if it was quicker than the news of its start.
    public func restart(_ why: String, isSure: Bool = false) {
        let now = time.now()
        let isNews = state.withLockedValue { state in
            switch state.status.state {
            case .running: break
            case .starting where isSure: break
            default: return false
            }
            guard state.supervision.fail() else { return false }
            state.status.lastFailure = ChildStatus.Failure(why: why, time: now)
            return true
        }
        guard isNews else { return }
        log.failed(why)
        orders.replaceChild()
    }

    /// Ends the child that lives now as ``stop()`` does and starts another at once; its end counts for nothing. Returns
    /// at once. Without effect where none lives: one that is halted or suspended stays so.
    /// - Parameter why: As for ``restart(_:)``.
    public func replace(_ why: String) {
        change("\(why); it is stopped and started again") { $0.supervision.replace() }
    }

    /// From now on this is what is run. Where it is another command, one that lives is replaced, one that was halted is
    /// started, and what failed before is forgotten; one that is suspended stays so. Returns at once.
    public func change(to command: ChildCommand) {
        change("its command or options have changed; it is stopped and started again") { state in
            guard state.command != command else { return false }
            state.command = command
            return state.supervision.becomeAnother()
        }
    }

    /// Ends the child by the stop sequence and starts none until ``resume()``. Returns at once.
    public func suspend() {
        change("it is stopped until it is told to start") { $0.supervision.unwant() }
    }

    /// Starts a child if it is suspended, halted, or in a pause; what failed before is forgotten. Returns at once.
    /// - Returns: Whether that was news: not if a child lives.
    @discardableResult
    public func resume() -> Bool {
        let (isNews, rest) = state.withLockedValue { state in (state.supervision.want(), state.rest) }
        if isNews { rest?.cancel() }
        return isNews
    }

    /// Changes what is wanted, ends whatever rest there is, and has the child that lives ended if `change` says so.
    private func change(_ why: String, _ change: (inout State) -> Bool) {
        let (mustEnd, rest) = state.withLockedValue { state in (change(&state), state.rest) }
        rest?.cancel()
        guard mustEnd else { return }
        log.changed(why)
        orders.replaceChild()
    }
}
