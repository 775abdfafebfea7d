import Logging
import Testing

@testable import Processes

extension RealProcesses {
    @Suite("What a child says", .serialized)
    struct Output {
        @Test("stdout is logged at info, stderr at warning, and nothing in it forges a line")
        func levels() async throws {
            let child = try TestChild(
                #"sh -c 'printf "out\033\n"; printf "err\n" >&2; printf "unfinished"; exec cat >&2'"#
            )
            try await child.logs("notifier x: err")
            try await child.stop()
            let entries = child.log.entries
            #expect(entries.contains(LogCapture.Entry(level: .info, message: "notifier x: out\\u001B")))
            #expect(entries.contains(LogCapture.Entry(level: .warning, message: "notifier x: err")))
            #expect(entries.contains(LogCapture.Entry(level: .info, message: "notifier x: unfinished")))
        }

        @Test("a child that closes stdout and stderr lives on and is fed")
        func closedOutput() async throws {
            let child = try TestChild("sh -c 'exec 1>&- 2>&-; exec cat > in'", input: "one\n")
            _ = try await child.readLines("in")
            child.input.add("two\n")
            #expect(try await child.readLines("in", count: 2) == ["one", "two"])
            #expect(child.supervisor.status.starts == 1)
            try await child.stop()
            #expect(child.supervisor.status.lastEnd == .exited(0))
        }

        @Test("stderr is read on after stdout was closed, whatever comes")
        func oneClosed() async throws {
            let child = try TestChild(
                "sh -c 'exec 1>&-; head -c 5000000 /dev/zero >&2; echo >&2; echo through > done; exec cat'"
            )
            #expect(try await child.readLines("done") == ["through"])
            try await child.stop()
        }

        @Test("100 MB without a line end neither stop the child nor fill the memory")
        func endlessLine() async throws {
            let before = try residentBytes()
            let child = try TestChild(
                "sh -c 'head -c 100000000 /dev/zero; echo; echo after; exec cat'"
            )
            try await child.logs("notifier x: after")
            #expect(try residentBytes() - before < 50_000_000)
            #expect(child.log.messages.count { $0.contains("[cut: the line is longer than 16384 bytes]") } == 1)
            try await child.stop()
        }

        @Test("a flood of lines is limited in the log, counted, and never holds the child up")
        func flood() async throws {
            let child = try TestChild(#"sh -c 'yes | head -n 1000000; echo done > done; exec cat'"#)
            _ = try await child.readLines("done")
            try await child.stop()
            let logged = child.log.messages.count { $0 == "notifier x: y" }
            let told = child.log.messages.compactMap { message -> Int? in
                guard message.contains("of its stdout not logged") else { return nil }
                return message.split(separator: " ").dropFirst(2).first.flatMap { Int($0) }
            }
            #expect(logged >= 200)
            #expect(logged < 2000)
            #expect(logged + told.reduce(0, +) == 1_000_000)
        }

        @Test("what the rest of the group says after the child's end is heard")
        func lastWords() async throws {
            let child = try TestChild(
                #"sh -c '(trap "echo last words; exit" TERM; echo up > up; while :; do sleep 0.02; done) & while [ ! -f up ]; do sleep 0.02; done; exit 3'"#
            )
            try await child.logs("notifier x: last words")
            try await child.stop()
        }

        private func residentBytes() throws -> Int {
            let pages = try #require(contents(of: "/proc/self/statm")?.split(separator: " ").dropFirst().first)
            return try #require(Int(pages)) * 4096
        }
    }
}
