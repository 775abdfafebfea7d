import Glibc
import Logging
import Processes
import Testing

extension RealProcesses {
    @Suite("What an owner can want of a child")
    struct OrderTests {
        @Test("replaced: it is stopped in order and another takes its place at once, with what it has not read")
        func replaced() async throws {
            let child = try TestChild("sh -c 'echo $$ >> pids; cat >> lines'", input: "1\n")
            let first = try await child.runs()
            _ = try await child.readLines("lines")
            child.supervisor.replace("s/k has changed")
            try await eventually("another runs") { child.pid.map { $0 != first } ?? false }
            child.input.add("2\n")
            _ = try await child.readLines("lines", count: 2)
            #expect(child.supervisor.status.starts == 2)
            try await child.logs("notifier x: s/k has changed; it is stopped and started again")
            #expect(!child.log.entries.contains { $0.level > .info }, "it is no failure")
            #expect(child.input.ends == [true])
            try await child.stop()
        }

        @Test("replaced: what it reads after its stdin was closed is not given again, and what it does not read is")
        func replacedWhileSlow() async throws {
            // It begins to read when it can no longer be given anything, and leaves the last line.
            let child = try TestChild(
                """
                sh -c 'echo run >> runs; [ "$(wc -l < runs)" -gt 1 ] && exec cat >> lines; \
                while ! [ -e go ]; do sleep 0.01; done; \
                for i in 1 2 3; do IFS= read -r line; echo "$line" >> lines; done'
                """,
                input: "1\n2\n3\n4\n"
            )
            _ = try await child.runs()
            try await eventually("all is in its pipe") { child.input.written == 8 }
            _ = try await child.readLines("runs")
            child.supervisor.replace("s/k has changed")
            try await child.logs("notifier x: s/k has changed; it is stopped and started again")
            try child.write("go", "")
            _ = try await child.readLines("runs", count: 2)
            child.input.add("5\n")
            #expect(try await child.readLines("lines", count: 5) == ["1", "2", "3", "4", "5"])
            #expect(child.input.unread.first == 2)
            try await child.stop()
        }

        @Test("replaced while it is being started: the one that was on its way is ended, and another follows")
        func replacedAtStart() async throws {
            let child = try TestChild("sh -c 'echo $$ >> pids; cat'")
            for _ in 0..<50 {
                child.supervisor.replace("again")
                await Task.yield()
            }
            child.supervisor.change(
                to: ChildCommand(name: "x", commandLine: "sleep 1234", environment: ["PATH": "/bin:/usr/bin"])
            )
            try await eventually("the last command runs") {
                child.pid.flatMap { contents(of: "/proc/\($0)/cmdline") } == "sleep\u{0}1234\u{0}"
            }
            try await child.stop()
        }

        @Test("changed: another command runs from now on; the same one changes nothing")
        func changed() async throws {
            let child = try TestChild("cat")
            let first = try await child.runs()
            child.supervisor.change(to: child.supervisor.command)
            #expect(child.pid == first)
            var command = child.supervisor.command
            command.commandLine = "sh -c 'echo second > said; cat'"
            child.supervisor.change(to: command)
            #expect(try await child.readLines("said") == ["second"])
            #expect(child.supervisor.status.starts == 2)
            try await child.stop()
        }

        @Test("suspended: it is stopped and not started again until it is told to")
        func suspended() async throws {
            let child = try TestChild("cat")
            let first = try await child.runs()
            child.supervisor.suspend()
            try await eventually("it is suspended") { child.supervisor.status.state == .suspended }
            #expect(kill(first, 0) != 0)
            child.supervisor.replace("this changes nothing")
            #expect(child.supervisor.status.state == .suspended)
            #expect(child.supervisor.resume())
            #expect(try await child.runs() != first)
            #expect(!child.supervisor.resume())
            child.supervisor.suspend()
            try await child.stop()
        }

        @Test("halted: after the third death nothing runs, until it is told to start or has another command")
        func halted() async throws {
            let child = try TestChild("false", restartRule: FailureWindow { .init() })
            func isHalted() async throws {
                try await eventually("it is halted") {
                    if case .halted(.exited(1)) = child.supervisor.status.state { true } else { false }
                }
            }
            try await isHalted()
            #expect(child.supervisor.status.starts == 3)
            #expect(child.log.entries.count { $0.level == .error } == 1)
            try await child.logs("has died too often and is halted: mend it, then 'herald start x'")
            #expect(child.supervisor.resume())
            try await eventually("it is tried again") { child.supervisor.status.starts == 6 }
            try await isHalted()
            var command = child.supervisor.command
            command.commandLine = "cat"
            child.supervisor.change(to: command)
            _ = try await child.runs()
            #expect(child.supervisor.status.failures == 0)
            try await child.stop()
        }

        @Test("a command that cannot run is halted like one that dies")
        func cannotRun() async throws {
            let child = try TestChild("cat", workingDirectory: "/nowhere", restartRule: FailureWindow { .init() })
            try await eventually("it is halted") {
                if case .halted(.couldNotStart) = child.supervisor.status.state { true } else { false }
            }
            #expect(child.supervisor.status.starts == 3)
            try await child.stop()
        }
    }
}
