import ArgumentParser
import Glibc

/// Leads the benchmark.
struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the benchmark and shows what Herald has reached.",
        discussion: """
            Exits with 0 whatever the figures, with 1 if something did not work. Needs herald beside this executable: \
            build both with `swift build -c release`.
            """
    )

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case throughput, idle, latency, confirm, catchup, scale
    }

    @Option(help: "How many rows in all for each case.")
    var rows = 1_000_000

    @Flag(help: "A tenth of the rows (a fifth where they are confirmed), and one round.")
    var quick = false

    @Option(help: "How often each case is run; the median counts.")
    var rounds = 3

    @Option(help: "Only this part; may be repeated.")
    var part: [Part] = []

    @Option(help: "Another herald than the one beside this executable.")
    var herald: String?

    func validate() throws {
        guard rows >= 1000 else { throw ValidationError("--rows is at least 1000, since there are a thousand feeds") }
        guard rounds >= 1 else { throw ValidationError("--rounds is at least 1") }
    }

    func run() throws {
        raiseFileLimit()
        let program = try herald ?? heraldBesideUs()
        guard access(program, X_OK) == 0 else {
            throw BenchError("there is no \(program); build it with `swift build -c release`, or name it with --herald")
        }
        #if DEBUG
        say("This is a debug build, whose figures mean nothing: take `swift run -c release herald-bench`.")
        #endif
        let household = try Household(Signals())
        defer { household.clear() }
        var report = Report()
        for part in Part.allCases where self.part.isEmpty || self.part.contains(part) {
            switch part {
            case .throughput:
                try Throughput(
                    herald: program,
                    rows: quick ? max(rows / 10, 1000) : rows,
                    rounds: quick ? 1 : rounds,
                    household: household
                ).run(into: &report)
            case .idle: try Idle(herald: program, household: household).run(into: &report)
            case .latency: try Latency(herald: program, household: household).run(into: &report)
            case .confirm:
                try Confirm(
                    herald: program,
                    rows: quick ? max(rows / 5, 1000) : rows,
                    rounds: quick ? 1 : rounds,
                    household: household
                ).run(into: &report)
            case .scale: try Scale(herald: program, household: household).run(into: &report)
            case .catchup: try CatchUp(herald: program, household: household).run(into: &report)
            }
        }
        say("\n" + report.text)
    }

    private func heraldBesideUs() throws -> String {
        "\(Files.folder(of: try Files.ownExecutable()))/herald"
    }
}
