public import Logging
import NIOConcurrencyHelpers

/// Keeps one child alive: starts it, feeds it, logs what it says, and starts it again whenever it ends, until it is
/// told to stop.
public final class Supervisor: Sendable {
    private struct State {
        var status = ChildStatus()
        var begun = false
        var over = false
        /// Whether the child that lives now is to be replaced.
        var isReplacing = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// What is run, and how.
    public let command: ChildCommand

    private let kind: String
    private let input: RepeatingInput
    private let output: any ChildOutput
    private let logger: Logger
    private let restartPolicy: RestartPolicy
    private let time: Timekeeper
    private let runner: any ChildRunner
    private let orders = Orders()
    private let state = NIOLockedValueBox(State())

    /// Makes a supervisor; nothing is started before ``run()``.
    /// - Parameters:
    ///   - kind: What the child is to its owner, for the log: "notifier", "daemon".
    ///   - command: What to run.
    ///   - input: What to write to it. It lives on from child to child.
    ///   - output: Where its lines go; into the log if `nil`.
    ///   - logger: Gets a line for each start, stop and end, and the child's own lines.
    ///   - restartPolicy: When to start it again.
    ///   - time: For tests.
    public convenience init(
        kind: String,
        command: ChildCommand,
        input: any ChildInput,
        output: (any ChildOutput)? = nil,
        logger: Logger,
        restartPolicy: RestartPolicy = RestartPolicy(),
        time: Timekeeper = .system
    ) {
        self.init(
            kind: kind,
            command: command,
            input: input,
            output: output ?? LoggedOutput(kind: kind, name: command.name, logger: logger, time: time),
            logger: logger,
            restartPolicy: restartPolicy,
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
        restartPolicy: RestartPolicy,
        time: Timekeeper,
        runner: any ChildRunner
    ) {
        self.kind = kind
        self.command = command
        self.input = RepeatingInput(input)
        self.output = output
        self.logger = logger
        self.restartPolicy = restartPolicy
        self.time = time
        self.runner = runner
    }

    /// What goes on now. Any thread may ask.
    public var status: ChildStatus {
        state.withLockedValue { $0.status }
    }

    /// How many bytes are in the child's stdin that it has not read yet. While it reads, this changes with each line,
    /// also where no more can be written before it has read a whole page. Any thread may ask.
    public var unreadByteCount: Int {
        input.unreadByteCount
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
        let waiting = state.withLockedValue { state in
            state.status.state = .stopped
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

    /// Ends the child that lives now as ``stop()`` does, and starts another after the pause that the restart policy has
    /// for its end. Returns at once. Without effect when no child runs or the one that does is being ended already. Any
    /// thread may call it at any time, also from within a call of the input or the output.
    /// - Parameter why: The reason, for the log: words that follow the child's name and a colon.
    public func restart(_ why: String) {
        let isRunning = state.withLockedValue { state in
            guard case .running = state.status.state, !state.isReplacing else { return false }
            state.isReplacing = true
            return true
        }
        guard isRunning else { return }
        logger.warning("\(title): \(why); it is stopped and started again")
        orders.replaceChild()
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
        var policy = restartPolicy
        while orders.current == .carryOn {
            input.restart()
            state.withLockedValue { state in
                state.status.state = .starting
                state.status.starts += 1
                state.isReplacing = false
            }
            let birth = NIOLockedValueBox(time.now())
            let end = await runner.run(command, input: input, output: output, orders: orders) { [self] news in
                if case .started = news {
                    birth.withLockedValue { $0 = time.now() }
                }
                hear(news)
            }
            input.childEnded(isOrdered: orders.current != .carryOn)
            let life = if case .couldNotStart = end { Duration.zero } else { time.now() - birth.withLockedValue { $0 } }
            state.withLockedValue { $0.status.lastEnd = end }
            guard orders.current == .carryOn else {
                logger.info("\(title) \(end)")
                break
            }
            let pause = policy.pause(afterLifeOf: life)
            tell(end, after: life, pause: pause)
            await wait(pause, after: end)
        }
        logger.info("\(title) is stopped")
    }

    private func wait(_ pause: Duration, after end: ChildEnd) async {
        let moment = time.now().advanced(by: pause)
        state.withLockedValue { $0.status.state = .waiting(until: moment, lastEnd: end) }
        let sleep = Task { [time] in await time.sleep(moment) }
        orders.listen { _ in sleep.cancel() }
        await sleep.value
        orders.stopListening()
    }
}

/// What the log says.
extension Supervisor {
    private var title: String { "\(kind) \(command.name)" }

    private func tell(_ end: ChildEnd, after life: Duration, pause: Duration) {
        let lived = if case .couldNotStart = end { "" } else { " after \(life.inWords)" }
        let hint = end.hint(for: command, after: life).map { "; \($0)" } ?? ""
        logger.warning("\(title) \(end)\(lived); starting it again in \(pause.inWords)\(hint)")
    }

    private func hear(_ news: ChildNews) {
        switch news {
        case .started(let pid):
            let now = time.now()
            state.withLockedValue { $0.status.state = .running(pid: pid, since: now) }
            logger.info("\(title) started, process \(pid)")
        case .closedInput:
            logger.warning(
                "\(title) has closed its stdin but lives on; it is stopped and started again; it should read its stdin to the end"
            )
        case .stopping:
            state.withLockedValue { state in
                if case .running(let pid, _) = state.status.state {
                    state.status.state = .stopping(pid: pid)
                }
            }
        case .terminating:
            logger.info("\(title), or what it left behind, still runs: TERM to its process group")
        case .killing:
            logger.warning("\(title), or what it left behind, still runs: KILL to its process group")
        }
    }
}
