import Glibc
import Testing

@testable import Processes

extension RealProcesses {
    @Suite("Many restarts", .serialized)
    struct ManyRestarts {
        private struct Held: Equatable {
            var descriptors: [String]
            var threads: Int
            /// In pages.
            var memory: Int

            init() throws {
                descriptors = openDescriptors().map { String($0.drop { $0.isNumber }) }.sorted()
                threads = entries(of: "/proc/self/task").count
                let fields = try #require(contents(of: "/proc/self/statm")).split(separator: " ")
                memory = try #require(Int(fields[1]))
            }
        }

        @Test("Descriptors, threads and memory are the same after 1,000 restarts as before, and no zombie is left")
        func thousand() async throws {
            // It reads, answers, complains and ends by itself.
            let child = try TestChild(
                "sh -c 'echo out; echo err >&2; exit 1'",
                stopTimeout: .milliseconds(50),
                input: "a line\n",
                restartPolicy: RestartPolicy(first: .milliseconds(1), longest: .milliseconds(1))
            )
            try await eventually("100 starts", within: .seconds(120)) { child.supervisor.status.starts >= 100 }
            let before = try Held()
            try await eventually("1,100 starts", within: .seconds(280)) { child.supervisor.status.starts >= 1100 }
            // While none lives, or one does: what differs is what that one has.
            try await child.stop()
            let after = try Held()
            let new = after.descriptors.filter { !before.descriptors.contains($0) }
            #expect(after.descriptors.count <= before.descriptors.count, "\(new)")
            #expect(after.threads <= before.threads + 2)
            // The log of a test remembers each of its lines: some hundred bytes for each of five a restart.
            #expect(after.memory - before.memory < 2000, "pages of 4 kB")
            #expect(waitpid(-1, nil, WNOHANG) <= 0)
        }
    }
}
