import Logging
import NIOConcurrencyHelpers
import Testing

@testable import Processes

@Suite("When a child is started again, without processes")
struct SupervisorTimingTests {
    /// Plays lives of given lengths and ends, and then orders a stop.
    private struct ScriptedRunner: ChildRunner {
        let time: TestTime
        let lives: NIOLockedValueBox<[(Duration, ChildEnd)]>
        let starts = NIOLockedValueBox<[Duration]>([])

        init(time: TestTime, lives: [(Duration, ChildEnd)]) {
            self.time = time
            self.lives = NIOLockedValueBox(lives)
        }

        func run(
            _ command: ChildCommand,
            input: any ChildInput,
            output: any ChildOutput,
            orders: Orders,
            news: @escaping @Sendable (ChildNews) -> Void
        ) async -> ChildEnd {
            starts.withLockedValue { $0.append(time.passed) }
            let life = lives.withLockedValue { $0.isEmpty ? nil : $0.removeFirst() }
            guard let (length, end) = life else {
                orders.give(.stop)
                return .exited(0)
            }
            if case .couldNotStart = end { return end }
            news(.started(pid: 7))
            time.advance(by: length)
            return end
        }
    }

    private func play(_ lives: [(Duration, ChildEnd)]) async -> (starts: [Duration], log: LogCapture, input: TestInput)
    {
        let time = TestTime()
        let log = LogCapture()
        let input = TestInput()
        let runner = ScriptedRunner(time: time, lives: lives)
        let supervisor = Supervisor(
            kind: "notifier",
            command: ChildCommand(name: "x", commandLine: "x", environment: [:], workingDirectory: "/srv/hooks"),
            input: input,
            output: LoggedOutput(kind: "notifier", name: "x", logger: log.logger, time: time.keeper),
            logger: log.logger,
            restartRule: RestartPolicy(),
            time: time.keeper,
            runner: runner
        )
        await supervisor.run()
        #expect(supervisor.status.state == .stopped)
        #expect(supervisor.status.starts == lives.count + 1)
        return (runner.starts.withLockedValue { $0 }, log, input)
    }

    @Test("deaths, however they look, are followed by longer and longer pauses; a long life ends that")
    func pauses() async {
        let (starts, log, input) = await play([
            (.milliseconds(200), .exited(1)),
            (.zero, .exited(0)),
            (.zero, .signalled(9)),
            (.zero, .couldNotStart("no")),
            (.seconds(10), .exited(1)),
            (.zero, .exited(1)),
        ])
        #expect(starts == [0, 300, 500, 900, 1700, 11_800, 12_000].map { .milliseconds($0) })
        #expect(input.restarts == 7)
        #expect(
            log.entries.filter { $0.level == .warning }.map(\.message) == [
                "notifier x exited with status 1 after 200 ms; starting it again in 100 ms",
                "notifier x exited with status 0 after 0 ms; starting it again in 200 ms",
                "notifier x was killed by SIGKILL (9) after 0 ms; starting it again in 400 ms",
                "notifier x could not be started: no; starting it again in 800 ms",
                "notifier x exited with status 1 after 10 s; starting it again in 100 ms",
                "notifier x exited with status 1 after 0 ms; starting it again in 200 ms",
            ]
        )
    }

    @Test("statuses by which the shell says that the command cannot run come with a hint, early in a life")
    func hints() async {
        let (_, log, _) = await play([
            (.zero, .exited(127)), (.zero, .exited(126)), (.seconds(9), .exited(127)),
        ])
        let warnings = log.entries.filter { $0.level == .warning }.map(\.message)
        #expect(warnings[0].contains("the command was not found"))
        #expect(warnings[0].contains("/srv/hooks"))
        #expect(warnings[1].contains("cannot be executed"))
        #expect(warnings[2].hasSuffix("starting it again in 400 ms"))
    }
}

@Suite("Durations in words")
struct DurationWordsTests {
    @Test(
        "a duration reads as a person would say it",
        arguments: [
            (Duration.zero, "0 ms"), (.milliseconds(400), "400 ms"), (.milliseconds(999), "999 ms"),
            (.seconds(1), "1 s"), (.milliseconds(12_800), "12.8 s"), (.seconds(30), "30 s"),
            (.milliseconds(86_400_300), "86400 s"),
        ]
    )
    func words(duration: Duration, expected: String) {
        #expect(duration.inWords == expected)
    }
}
