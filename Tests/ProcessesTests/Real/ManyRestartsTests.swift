import Glibc
import Testing

@testable import Processes

extension RealProcesses {
    @Suite("Many restarts", .serialized)
    struct ManyRestarts {
        private struct Held {
            var descriptors = openDescriptors()
            let threads = entries(of: "/proc/self/task").count
            /// In pages.
            let memory: Int

            init() throws {
                let fields = try #require(contents(of: "/proc/self/statm")).split(separator: " ")
                memory = try #require(Int(fields[1]))
            }
        }

        @Test("Descriptors, threads and memory are the same after 1,000 restarts as before, and no zombie is left")
        func thousand() async throws {
            // In a process of its own, where no other test opens anything.
            await #expect(processExitsWith: .success) {
                let policy = RestartPolicy(first: .milliseconds(1), longest: .milliseconds(1))
                let line = "sh -c 'echo out; echo err >&2; exit 1'"
                // What all children share, and what the system's pools are.
                let first = try TestChild(line, stopTimeout: .milliseconds(50), input: "x\n", restartRule: policy)
                try await eventually("100 starts", within: .seconds(100)) { first.supervisor.status.starts >= 100 }
                try await first.stop()
                let before = try Held()

                let child = try TestChild(line, stopTimeout: .milliseconds(50), input: "x\n", restartRule: policy)
                try await eventually("1,000 starts", within: .seconds(180)) { child.supervisor.status.starts >= 1000 }
                try await child.stop()
                try await eventually("as many are open as before, and not \(openDescriptors())") {
                    openDescriptors().count <= before.descriptors.count
                }
                let after = try Held()
                #expect(after.threads <= before.threads + 2)
                // The log of a test remembers all its lines: some hundred bytes for each of the five of a restart.
                #expect(after.memory - before.memory < 1000, "pages of 4 kB")
                #expect(waitpid(-1, nil, WNOHANG) <= 0)
            }
        }
    }
}
