import Logging
import NIOConcurrencyHelpers
import Testing

@testable import Processes

@Suite("When an owner has a child replaced, without processes")
struct SupervisorRestartTests {
    /// Holds each life until it is told to end, and remembers what was ordered.
    private struct HeldRunner: ChildRunner {
        let time: TestTime
        let starts = NIOLockedValueBox<[Duration]>([])
        let replaced = NIOLockedValueBox(0)
        /// Before anybody is told that the child has started.
        let early: @Sendable (_ life: Int) -> Void
        let during: @Sendable (_ life: Int) -> Void

        init(
            time: TestTime,
            early: @escaping @Sendable (_ life: Int) -> Void = { _ in },
            during: @escaping @Sendable (_ life: Int) -> Void
        ) {
            self.time = time
            self.early = early
            self.during = during
        }

        func run(
            _ command: ChildCommand,
            input: any ChildInput,
            output: any ChildOutput,
            orders: Orders,
            news: @escaping @Sendable (ChildNews) -> Void
        ) async -> ChildEnd {
            let life = starts.withLockedValue { starts in
                starts.append(time.passed)
                return starts.count
            }
            let (ends, end) = AsyncStream<Void>.makeStream()
            let hasStarted = NIOLockedValueBox(false)
            orders.listen(
                replace: {
                    // As in ChildLife: no child was meant that has not begun.
                    guard hasStarted.withLockedValue({ $0 }) else { return }
                    replaced.withLockedValue { $0 += 1 }
                    end.finish()
                },
                { _ in end.finish() }
            )
            defer { orders.stopListening() }
            early(life)
            hasStarted.withLockedValue { $0 = true }
            news(.started(pid: 7))
            time.advance(by: .seconds(1))
            during(life)
            for await _ in ends {}
            return .exited(0)
        }
    }

    private final class Box: Sendable {
        let supervisor = NIOLockedValueBox<Supervisor?>(nil)
    }

    @Test("the child that lives is ended once, another follows after the policy's pause, and only a stop is an order")
    func replaced() async throws {
        let time = TestTime()
        let log = LogCapture()
        let input = TestInput()
        let box = Box()
        let runner = HeldRunner(time: time) { life in
            let supervisor = box.supervisor.withLockedValue { $0 }
            switch life {
            case 1, 2:
                supervisor?.restart("no answer within 60 s")
                supervisor?.restart("a second reason")
            default:
                Task { await supervisor?.stop() }
            }
        }
        let supervisor = Supervisor(
            kind: "notifier",
            command: ChildCommand(name: "x", commandLine: "x", environment: [:]),
            input: input,
            output: LoggedOutput(kind: "notifier", name: "x", logger: log.logger, time: time.keeper),
            logger: log.logger,
            restartRule: RestartPolicy(),
            time: time.keeper,
            runner: runner
        )
        box.supervisor.withLockedValue { $0 = supervisor }
        supervisor.restart("nobody is there")
        await supervisor.run()
        supervisor.restart("nobody is there any more")
        #expect(runner.replaced.withLockedValue { $0 } == 2)
        #expect(runner.starts.withLockedValue { $0 } == [0, 1100, 2300].map { .milliseconds($0) })
        #expect(input.restarts == 3)
        #expect(input.ends == [false, false, true])
        #expect(
            log.entries.filter { $0.level == .warning }.map(\.message) == [
                "notifier x: no answer within 60 s; it is stopped and started again",
                "notifier x exited with status 0 after 1 s; starting it again in 100 ms",
                "notifier x: no answer within 60 s; it is stopped and started again",
                "notifier x exited with status 0 after 1 s; starting it again in 200 ms",
            ]
        )
    }

    @Test("a restart that is asked for in the pause between two children changes nothing")
    func inPause() async {
        let time = TestTime()
        let log = LogCapture()
        let box = Box()
        let calls = NIOLockedValueBox(0)
        let runner = HeldRunner(time: time) { life in
            let supervisor = box.supervisor.withLockedValue { $0 }
            if life == 1 {
                supervisor?.restart("first")
            } else {
                Task { await supervisor?.stop() }
            }
        }
        let keeper = Timekeeper(now: time.keeper.now) { moment in
            let supervisor = box.supervisor.withLockedValue { $0 }
            if case .waiting = supervisor?.status.state {
                supervisor?.restart("in the pause")
                calls.withLockedValue { $0 += 1 }
            }
            await time.keeper.sleep(moment)
        }
        let supervisor = Supervisor(
            kind: "notifier",
            command: ChildCommand(name: "x", commandLine: "x", environment: [:]),
            input: TestInput(),
            output: LoggedOutput(kind: "notifier", name: "x", logger: log.logger, time: time.keeper),
            logger: log.logger,
            restartRule: RestartPolicy(),
            time: keeper,
            runner: runner
        )
        box.supervisor.withLockedValue { $0 = supervisor }
        await supervisor.run()
        #expect(calls.withLockedValue { $0 } == 1)
        #expect(runner.starts.withLockedValue { $0 } == [0, 1100].map { .milliseconds($0) })
        #expect(!log.contains("in the pause"))
    }

    @Test("what a child has written ends it also where its start was not told of yet; nothing else does")
    func failedEarly() async {
        let time = TestTime()
        let log = LogCapture()
        let box = Box()
        let runner = HeldRunner(time: time) { life in
            let supervisor = box.supervisor.withLockedValue { $0 }
            if life == 1 {
                supervisor?.restart("it does not read", isSure: true)
            } else {
                supervisor?.restart("another was meant")
            }
        } during: { life in
            let supervisor = box.supervisor.withLockedValue { $0 }
            if life > 1 { Task { await supervisor?.stop() } }
        }
        let supervisor = Supervisor(
            kind: "daemon",
            command: ChildCommand(name: "x", commandLine: "x", environment: [:]),
            input: TestInput(),
            output: LoggedOutput(kind: "daemon", name: "x", logger: log.logger, time: time.keeper),
            logger: log.logger,
            restartRule: FailureWindow { FailureWindow.Limits() },
            time: time.keeper,
            runner: runner
        )
        box.supervisor.withLockedValue { $0 = supervisor }
        let running = Task { await supervisor.run() }
        try? await eventually("the second life is over", within: .seconds(180)) { supervisor.status.state == .stopped }
        #expect(runner.replaced.withLockedValue { $0 } == 1)
        #expect(supervisor.status.starts == 2 && supervisor.status.failures == 1)
        #expect(supervisor.status.lastFailure?.why == "it does not read")
        await supervisor.stop()
        await running.value
    }
}
