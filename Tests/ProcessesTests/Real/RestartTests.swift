import Glibc
import Testing

@testable import Processes

extension RealProcesses {
    @Suite("How a child is replaced", .serialized)
    struct Restart {
        @Test("its stdin is closed, it ends, and another goes on; that was no order")
        func replaced() async throws {
            let child = try TestChild("sh -c 'cat >> out; echo $$ >> ends'", input: "one\n")
            _ = try await child.readLines("out")
            let pid = try await child.runs()
            child.supervisor.restart("it is odd")
            try await eventually("another runs") { child.pid.map { $0 != pid } ?? false }
            #expect(!groupExists(pid))
            #expect(child.log.contains("notifier x: it is odd; it is stopped and started again"))
            child.input.add("two\n")
            #expect(try await child.readLines("out", count: 2) == ["one", "two"])
            try await child.stop()
            #expect(child.input.ends == [false, true])
            #expect(try await child.readLines("ends", count: 2).count == 2)
        }

        @Test("one that heeds neither the end of its stdin nor TERM is killed, with all of its group")
        func stubborn() async throws {
            let child = try TestChild(
                #"sh -c 'trap "" TERM; echo $$ >> up; (while :; do sleep 0.02; done) & while :; do sleep 0.02; done'"#,
                stopTimeout: .milliseconds(50)
            )
            _ = try await child.readLines("up")
            let pid = try await child.runs()
            child.supervisor.restart("it does not answer")
            _ = try await child.readLines("up", count: 2)
            #expect(child.supervisor.status.lastEnd == .signalled(SIGKILL))
            #expect(!groupExists(pid))
            try await child.stop()
        }

        @Test("a stop in the midst of it is obeyed: nothing is started any more")
        func stopped() async throws {
            let child = try TestChild(
                #"sh -c 'trap "" TERM; echo up >> up; while :; do sleep 0.02; done'"#,
                stopTimeout: .milliseconds(200)
            )
            _ = try await child.readLines("up")
            _ = try await child.runs()
            child.supervisor.restart("it does not answer")
            try await child.stop()
            #expect(try await child.readLines("up").count == 1)
            #expect(child.input.ends == [true])
        }

        @Test("the input learns what was left unread")
        func unread() async throws {
            let child = try TestChild(
                "sh -c 'read line; echo \"$line\" >> out; exec sleep 1000'",
                stopTimeout: .milliseconds(20),
                input: "one\ntwo\n"
            )
            _ = try await child.readLines("out")
            _ = try await child.runs()
            child.supervisor.restart("it reads no more")
            try await eventually("it is ended") { child.input.ends.count == 1 }
            // A shell reads byte by byte from a pipe, so that what is behind the line is left to others.
            #expect(child.input.unread == [4])
            try await eventually("another runs") { child.supervisor.status.starts == 2 && child.pid != nil }
            #expect(try await child.readLines("out", count: 2) == ["one", "two"])
            try await child.stop()
        }
    }

    @Suite("Lines that are confirmed, with real children", .serialized)
    struct Confirmed {
        private func run(
            _ commandLine: String,
            _ input: ConfirmingInput,
            stopTimeout: Duration = .milliseconds(50)
        ) throws -> (Supervisor, LogCapture, Task<Void, Never>) {
            SignalDefaults.ignoreBrokenPipes()
            let log = LogCapture()
            let supervisor = Supervisor(
                kind: "notifier",
                command: ChildCommand(
                    name: "x",
                    commandLine: commandLine,
                    environment: ChildEnvironment.make(inherited: ChildEnvironment.ofThisProcess()),
                    stopTimeout: stopTimeout
                ),
                input: input,
                output: input,
                logger: log.logger,
                restartRule: RestartPolicy(first: .milliseconds(10), longest: .milliseconds(50))
            )
            input.begin(supervisor)
            return (supervisor, log, Task { await supervisor.run() })
        }

        private func confirmation(_ window: Int, timeout: Duration = .seconds(60), greets: Bool = false)
            -> Processes.Confirmation
        {
            Processes.Confirmation(window: window, timeout: timeout, attempts: 3, greets: greets)
        }

        @Test("a child that answers each line gets them all, once")
        func answers() async throws {
            let input = ConfirmingInput(confirmation(10), lines: (0..<1000).map { "line \($0)" })
            let (supervisor, _, task) = try run("sh -c 'while read -r line; do echo ok; done'", input)
            try await eventually("all are confirmed") { input.confirmed == 1000 }
            await supervisor.stop()
            await task.value
            #expect(input.children == 1)
        }

        @Test("one that dies, asks again, drops and is silent gets each line again until it is done or given up")
        func trouble() async throws {
            let input = ConfirmingInput(
                confirmation(4, timeout: .milliseconds(500)),
                lines: ["a", "retry", "b", "die", "c", "drop", "d", "nonsense", "e", "silence", "f"]
            )
            let script = #"""
                while read -r line; do
                    case $line in
                    retry) echo retry later ;;
                    die) exit 3 ;;
                    drop) echo DROP not mine ;;
                    nonsense) echo "what?" ;;
                    silence) exec sleep 1000 ;;
                    *) echo ok ;;
                    esac
                done
                """#
            let (supervisor, log, task) = try run("sh -c '\(script)'", input)
            try await eventually("all are done") { input.confirmed == 11 }
            await supervisor.stop()
            await task.value
            #expect(
                input.dropped == [
                    "retry: retry: later, 3", "die: it ended before it answered, 3", "drop: not mine, 1",
                    "nonsense: it answered 'what?', which is none of ok, retry, wait and drop, 3",
                    "silence: no answer within 500 ms, 3",
                ]
            )
            #expect(log.contains("notifier x: no answer within 500 ms; it is stopped and started again"))
        }

        @Test("a program for omprog is given a line only when it has said OK")
        func omprog() async throws {
            let input = ConfirmingInput(confirmation(1, greets: true), lines: ["a", "b", "c"], omprog: true)
            let script = #"""
                echo OK
                while read -r line; do
                    if [ $line = b ] && [ -z "$seen" ]; then seen=1; echo Error: b; else echo OK; fi
                done
                """#
            let (supervisor, _, task) = try run("sh -c '\(script)'", input)
            try await eventually("all are confirmed") { input.confirmed == 3 }
            await supervisor.stop()
            await task.value
            #expect(input.children == 1)
            #expect(input.dropped == [])
        }
    }
}
