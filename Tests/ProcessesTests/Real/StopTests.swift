import Glibc
import Testing

@testable import Processes

extension RealProcesses {
    @Suite("How a child is stopped", .serialized)
    struct Stop {
        @Test("first its stdin is closed, and a child that heeds that ends by itself")
        func endOfInput() async throws {
            let child = try TestChild("sh -c 'cat > out; echo bye > bye; exit 4'", input: "line\n")
            _ = try await child.readLines("out")
            let pid = try await child.runs()
            try await child.stop()
            #expect(child.supervisor.status.lastEnd == .exited(4))
            #expect(child.read("bye") == "bye\n")
            #expect(!groupExists(pid))
            #expect(!child.log.contains("TERM"))
        }

        @Test("one that does not heed it gets TERM")
        func term() async throws {
            let child = try TestChild("sleep 1000", stopTimeout: .milliseconds(100))
            let pid = try await child.runs()
            try await child.stop()
            #expect(child.supervisor.status.lastEnd == .signalled(SIGTERM))
            #expect(!groupExists(pid))
        }

        @Test("one that ignores TERM gets KILL")
        func kill() async throws {
            let child = try TestChild(
                #"sh -c 'trap "" TERM; echo > up; while :; do sleep 0.02; done'"#,
                stopTimeout: .milliseconds(100)
            )
            _ = try await child.readLines("up", count: 1)
            let pid = try await child.runs()
            try await child.stop()
            #expect(child.supervisor.status.lastEnd == .signalled(SIGKILL))
            #expect(!groupExists(pid))
        }

        @Test("no grandchild in the group survives, also not when the child itself is long gone")
        func grandchildren() async throws {
            let child = try TestChild(
                #"sh -c 'trap "" TERM; (sleep 1000 & sleep 1000 & wait) & echo > up; exec cat'"#,
                stopTimeout: .milliseconds(100)
            )
            _ = try await child.readLines("up", count: 1)
            let pid = try await child.runs()
            try await child.stop()
            #expect(child.supervisor.status.lastEnd == .exited(0), "it ended at the end of its input")
            #expect(!groupExists(pid))
            #expect(child.log.contains("KILL to its process group"))
        }

        @Test("of 50 children with grandchildren that ignore TERM none is left")
        func fifty() async throws {
            let children = try (0..<50).map { _ in
                try TestChild(
                    #"sh -c 'trap "" TERM; (sleep 1000 & wait) & sleep 1000 & echo > up; wait'"#,
                    stopTimeout: .milliseconds(100)
                )
            }
            var groups: [Int32] = []
            for child in children {
                _ = try await child.readLines("up", count: 1)
                groups.append(try await child.runs())
            }
            await withTaskGroup(of: Void.self) { group in
                for child in children {
                    group.addTask { await child.supervisor.stop() }
                }
            }
            #expect(groups.filter { ProcessGroup(id: $0).others() == .alive } == [])
        }

        @Test("stdin is closed at once also when a write is stuck, because the child does not read")
        func stuckWrite() async throws {
            let child = try TestChild(
                "sh -c 'while [ ! -f go ]; do sleep 0.02; done; cat > out; echo eof > eof'",
                input: String(repeating: "0123456789abcde\n", count: 65_536)
            )
            _ = try await child.runs()
            // Some of it is in the pipe, the rest waits.
            try await Task.sleep(for: .milliseconds(100))
            #expect(child.input.written < 1_000_000)
            let stopping = Task { [supervisor = child.supervisor] in await supervisor.stop() }
            try await eventually("the stop begins") {
                if case .stopping = child.supervisor.status.state { true } else { false }
            }
            try child.write("go", "")
            try await eventually("it comes to the end of its input and ends") { child.isStopped }
            await stopping.value
            #expect(child.read("eof") == "eof\n")
            #expect(child.supervisor.status.lastEnd == .exited(0))
            #expect(child.read("out")?.utf8.count == child.input.written, "what was counted is what arrived")
        }

        @Test("a child that does not read keeps none but its own input waiting")
        func notReading() async throws {
            let deaf = try TestChild(
                "sleep 1000",
                stopTimeout: .milliseconds(50),
                input: String(repeating: "x\n", count: 1_000_000)
            )
            let keen = try TestChild("cat > out")
            _ = try await deaf.runs()
            for number in 1...100 {
                keen.input.add("\(number)\n")
            }
            #expect(try await keen.readLines("out", count: 100).count == 100)
            try await deaf.stop()
            try await keen.stop()
        }

        @Test("an input that ends by itself stops the child in order, after its last line")
        func inputEnds() async throws {
            let child = try TestChild("cat > out", input: "one\ntwo\n")
            child.input.end()
            try await eventually("it is over") { child.isStopped }
            await child.running.value
            #expect(child.read("out") == "one\ntwo\n")
            #expect(child.supervisor.status.starts == 1)
            #expect(child.supervisor.status.lastEnd == .exited(0))
        }

        @Test("during the pause before a restart a stop returns at once")
        func duringPause() async throws {
            let child = try TestChild("false", restartRule: RestartPolicy(first: .seconds(3600)))
            try await eventually("it waits for the next start") {
                if case .waiting(_, .exited(1)) = child.supervisor.status.state { true } else { false }
            }
            try await child.stop()
            #expect(child.supervisor.status.starts == 1)
        }

        @Test("a stop may come at any time: while the child is being started")
        func duringStart() async throws {
            for delay in 0..<40 {
                let child = try TestChild("cat")
                usleep(UInt32(delay) * 250)
                try await child.stop()
                #expect(child.supervisor.status.starts <= 1)
                #expect(child.supervisor.status.lastEnd == nil || child.supervisor.status.lastEnd == .exited(0))
            }
        }

        @Test("a stop may come twice, or before the start")
        func twiceAndBefore() async throws {
            let child = try TestChild("sleep 1000", stopTimeout: .milliseconds(100))
            _ = try await child.runs()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<5 {
                    group.addTask { await child.supervisor.stop() }
                }
            }
            #expect(child.isStopped)
            await child.supervisor.stop()

            let never = Supervisor(
                kind: "notifier",
                command: ChildCommand(name: "x", commandLine: "touch /nowhere/x", environment: [:]),
                input: SilentInput(),
                logger: LogCapture().logger
            )
            await never.stop()
            #expect(never.status.state == .stopped)
            await never.run()
            #expect(never.status.starts == 0)
        }

        @Test("cancelling kills the whole group at once")
        func cancel() async throws {
            let child = try TestChild(#"sh -c 'trap "" TERM; sleep 1000 & echo > up; wait'"#)
            _ = try await child.readLines("up", count: 1)
            let pid = try await child.runs()
            child.running.cancel()
            try await eventually("it is over") { child.isStopped }
            #expect(child.supervisor.status.lastEnd == .signalled(SIGKILL))
            #expect(!groupExists(pid))
        }
    }
}
