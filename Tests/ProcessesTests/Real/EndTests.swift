import Glibc
import Testing

@testable import Processes

extension RealProcesses {
    @Suite("When a child ends", .serialized)
    struct End {
        @Test("it is started again, after status 0 too, and the log says how it ended")
        func restarts() async throws {
            let zero = try TestChild("true")
            try await zero.logs("notifier x exited with status 0 after ")
            try await eventually("it is started again") { zero.supervisor.status.starts >= 3 }
            try await zero.stop()

            let killed = try TestChild("sh -c 'kill -9 $$'")
            try await killed.logs("notifier x was killed by SIGKILL (9) after ")
            #expect(killed.supervisor.status.lastEnd == .signalled(9))
            try await killed.stop()
        }

        @Test("what it had not read is given to the next one, also what was in the pipe already")
        func inputIsKept() async throws {
            // Each child takes one line and dies: a shell reads byte by byte, and no further than that.
            let lines = (1...30).map { "line \($0)" }
            let child = try TestChild(
                #"sh -c 'read -r line; echo "$line" >> out'"#,
                input: lines.map { "\($0)\n" }.joined()
            )
            #expect(try await child.readLines("out", count: 30) == lines)
            try await child.stop()
        }

        @Test("lines that a dead child left half written begin anew with the next one")
        func halfLines() async throws {
            // More than a pipe holds, so that the first child dies in the midst of a write, and of a line.
            let lines = (1...20_000).map { "line number \($0)" }
            let child = try TestChild(
                "sh -c 'if [ ! -f second ]; then echo > second; exec head -c 1000 > /dev/null; else exec cat > out; fi'",
                input: lines.map { "\($0)\n" }.joined()
            )
            try await eventually("the last line arrives") { child.read("out")?.hasSuffix("\(lines[19_999])\n") == true }
            let received = try await child.readLines("out")
            #expect(Array(lines.suffix(received.count)) == received, "from the start of a line on, nothing is missing")
            #expect(received.count >= 20_000 - 200, "the first child's `head` had read a block, and no more")
            try await child.stop()
        }

        @Test("what it left behind in its group is ended before the next start")
        func leftBehind() async throws {
            let child = try TestChild(
                #"sh -c '[ -f pid ] && { grep -qs "^State:.[^ZX]" /proc/$(cat pid)/status && echo alive >> seen || echo gone >> seen; }; sleep 1000 & echo $! > pid; exit 3'"#,
                stopTimeout: .milliseconds(50)
            )
            #expect(try await child.readLines("seen", count: 2).prefix(2) == ["gone", "gone"])
            try await child.stop()
        }

        @Test("what it left behind and ignores TERM is killed after the stop timeout")
        func stubbornLeftBehind() async throws {
            let child = try TestChild(
                #"sh -c 'trap "" TERM; [ -f pid ] && { grep -qs "^State:.[^ZX]" /proc/$(cat pid)/status && echo alive >> seen || echo gone >> seen; }; sleep 1000 & echo $! > pid; exit 3'"#,
                stopTimeout: .milliseconds(50)
            )
            #expect(try await child.readLines("seen")[0] == "gone")
            #expect(child.log.contains("KILL to its process group"))
            try await child.stop()
        }

        @Test("a child that closes stdin and lives on is stopped and started again, and its line is not lost")
        func closedInput() async throws {
            let child = try TestChild(
                "sh -c 'if [ ! -f second ]; then echo > second; exec 0<&-; exec sleep 1000; else exec cat > out; fi'",
                stopTimeout: .milliseconds(50)
            )
            try await eventually("the first child has begun") { child.read("second") != nil }
            var lines: [String] = []
            try await eventually("the closed stdin is noticed") {
                lines.append("line \(lines.count)")
                child.input.add("\(lines[lines.count - 1])\n")
                usleep(10_000)
                return child.log.contains("has closed its stdin but lives on")
            }
            #expect(try await child.readLines("out", count: lines.count) == lines)
            #expect(child.supervisor.status.starts == 2)
            #expect(child.supervisor.status.lastEnd == .signalled(SIGTERM))
            try await child.stop()
        }

        @Test("a child that dies while it is written to is not said to have closed stdin")
        func deathIsNoClosedInput() async throws {
            let child = try TestChild("head -n 1", input: String(repeating: "0123456789\n", count: 100_000))
            try await eventually("it has died some times") { child.supervisor.status.starts >= 5 }
            try await child.stop()
            #expect(!child.log.contains("has closed its stdin"))
        }

        @Test("200 restarts leave no descriptor and no thread behind")
        func noLeaks() async throws {
            func threads() -> Int { entries(of: "/proc/self/task").count }
            let policy = RestartPolicy(first: .zero, longest: .zero)
            // The first ones start the threads that all share.
            let first = try TestChild("true", restartRule: policy)
            try await eventually("it has started 20 times") { first.supervisor.status.starts >= 20 }
            try await first.stop()
            let descriptorsBefore = openDescriptors()
            let threadsBefore = threads()

            let child = try TestChild("echo x", restartRule: policy)
            try await eventually("it has started 200 times", within: .seconds(120)) {
                child.supervisor.status.starts >= 200
            }
            try await child.stop()
            let failing = try TestChild("true", workingDirectory: "/nowhere", restartRule: policy)
            try await eventually("it has failed 200 times", within: .seconds(120)) {
                failing.supervisor.status.starts >= 200
            }
            try await failing.stop()

            try await eventually("\(descriptorsBefore) are open as before, and not \(openDescriptors())") {
                // A sanitizer may have begun to talk to a helper of its own; a leak would be hundreds.
                openDescriptors().count <= descriptorsBefore.count + 4
            }
            // The system's pools may grow by a thread or two at any time; a leak would be hundreds.
            #expect(threads() <= threadsBefore + 8)
        }
    }
}
