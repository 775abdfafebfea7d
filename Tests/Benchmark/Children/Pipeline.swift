import Glibc

/// Two programs, the first one's output being the second one's input.
enum Pipeline {
    /// What a run has taken.
    struct Figures {
        var firstCPUSeconds: Double
        var secondCPUSeconds: Double
        var wallSeconds: Double
        /// What the second one wrote to its stdout.
        var output: String

        var cpuSeconds: Double { firstCPUSeconds + secondCPUSeconds }
    }

    /// - Parameter keepsOutput: If not, the second one writes to /dev/null.
    static func run(
        _ first: [String],
        into second: [String],
        keepsOutput: Bool,
        seconds: Double,
        in household: Household
    ) throws -> Figures {
        let pipe = try makePipe()
        let outputPath = household.newFile("output")
        var output: CInt?
        if keepsOutput {
            output = try call("open \(outputPath)") { open(outputPath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600) }
        }
        defer { if let output { close(output) } }
        let started = monotonicNanoseconds()
        let children: (Child, Child)
        do {
            defer {
                close(pipe.read)
                close(pipe.write)
            }
            children = (
                try household.start(first, output: pipe.write),
                try household.start(second, input: pipe.read, output: output)
            )
        }
        let firstEnd = try household.wait(for: children.0, seconds: seconds)
        let secondEnd = try household.wait(for: children.1, seconds: seconds)
        let wall = Double(monotonicNanoseconds() - started) / 1e9
        guard firstEnd.exitCode == 0, secondEnd.exitCode == 0 else {
            throw BenchError("\(first[0]) | \(second[0]) ended with \(firstEnd.status) and \(secondEnd.status)")
        }
        return Figures(
            firstCPUSeconds: firstEnd.cpuSeconds,
            secondCPUSeconds: secondEnd.cpuSeconds,
            wallSeconds: wall,
            output: keepsOutput ? Files.read(outputPath) ?? "" : ""
        )
    }

    /// Whether there is such a program on the PATH.
    static func exists(_ program: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }
}
