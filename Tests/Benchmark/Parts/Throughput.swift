/// How much CPU a row takes: through Herald to one notifier and to ten, from one
/// feed and from a thousand; and through curl on the same bytes.
struct Throughput {
    let herald: String
    let rows: Int
    let rounds: Int
    let household: Household

    private static let limit = 300.0

    /// The rounds of one case.
    private struct Case {
        var name: String
        var rows: Int
        var feeds: Int
        var notifiers = 0
        var cpu: [Double] = []
        /// Of that, curl's own.
        var curlCPU: [Double] = []
        var wall: [Double] = []
        var peak: [Double] = []

        var rowsPerCPUSecond: Double { Double(rows) / max(cpu.median, 1e-6) }
    }

    func run(into report: inout Report) throws {
        let one = try cases(feeds: 1)
        let thousand = try cases(feeds: 1000)
        let jq = try jqCase()
        var table = Table(
            ["", "rows", "feeds", "notifiers", "CPU s", "rows/CPU s", "wall s", "peak MB", "x curl | wc"]
        )
        for (herald, curl) in [one, thousand] {
            for each in herald { table.append(line(each, curl)) }
            if let curl { table.append(line(curl, curl)) }
        }
        if let jq { table.append(line(jq, one.curl)) }
        var remarks = rounds == 1 ? "Of one round." : "CPU and wall are medians of \(rounds) rounds, peaks the highest."
        if let curl = one.curl {
            remarks += " Of curl | wc -l with one feed, \(fixed(curl.curlCPU.median, 3)) s are curl's own."
        }
        report.sections.append(table.text + remarks + "\n")
        for each in [one, thousand] { reaches(each.herald, each.curl, into: &report) }
        if let jq {
            let ratio = one.herald[0].rowsPerCPUSecond / jq.rowsPerCPUSecond
            report.reaches.append(
                Reach(
                    what: "at least 10x as many rows per CPU second as curl | jq",
                    found: "\(fixed(ratio, 1))x",
                    isReached: ratio >= 10
                )
            )
        }
    }

    private func reaches(_ herald: [Case], _ curl: Case?, into report: inout Report) {
        let (one, ten) = (herald[0], herald[1])
        let feeds = Self.count(one.feeds, "feed")
        if let curl {
            let ratio = one.cpu.median / curl.cpu.median
            let toCurlAlone = one.cpu.median / curl.curlCPU.median
            report.reaches.append(
                .atMost(
                    2,
                    "\(feeds), 1 notifier: at most 2x the CPU of curl | wc -l (aim 1x)",
                    ratio,
                    "\(fixed(ratio, 2))x (\(fixed(toCurlAlone, 2))x curl's own)"
                )
            )
        }
        let spread = ten.cpu.median / one.cpu.median
        report.reaches.append(
            .atMost(1.5, "\(feeds), 10 notifiers: at most 1.5x the CPU of 1", spread, "\(fixed(spread, 2))x")
        )
        let peak = max(one.peak.max() ?? 0, ten.peak.max() ?? 0)
        let limit = one.feeds == 1 ? 30.0 : 60
        report.reaches.append(
            .atMost(limit, "\(feeds): under \(fixed(limit, 0)) MB", peak, "\(fixed(peak, 1)) MB")
        )
    }

    private func line(_ each: Case, _ curl: Case?) -> [String] {
        let ratio = curl.map { $0.rowsPerCPUSecond / each.rowsPerCPUSecond }
        return [
            each.name, grouped(each.rows), grouped(each.feeds), each.notifiers == 0 ? "" : "\(each.notifiers)",
            fixed(each.cpu.median, 3), fixed(each.rowsPerCPUSecond, 0), fixed(each.wall.median, 2),
            each.peak.max().map { fixed($0, 1) } ?? "", ratio.map { fixed($0, 2) } ?? "",
        ]
    }

    // MARK: Cases

    private func cases(feeds: Int) throws -> (herald: [Case], curl: Case?) {
        let generator = try GeneratorProcess(databases: feeds, rows: rows, normal: true, in: household)
        var herald = [1, 10].map { Case(name: "herald", rows: rows, feeds: feeds, notifiers: $0) }
        var curl = Case(name: "curl -sN | wc -l", rows: rows, feeds: feeds)
        // Round by round, so that what else the machine does falls on all alike.
        for round in 1...rounds {
            for index in herald.indices {
                progress("\(Self.count(feeds, "feed")), \(Self.count(herald[index].notifiers, "notifier"))", round)
                try runHerald(&herald[index], generator)
            }
            guard Pipeline.exists("curl") else { continue }
            progress("\(Self.count(feeds, "feed")), curl | wc -l", round)
            try runCurl(&curl, into: ["wc", "-l"], generator)
        }
        try generator.stop()
        return (herald, curl.cpu.isEmpty ? nil : curl)
    }

    /// A tenth of the rows: jq takes long.
    private func jqCase() throws -> Case? {
        guard Pipeline.exists("curl"), Pipeline.exists("jq") else {
            say("no curl or no jq here, so no comparison with them (apt-get install curl jq)")
            return nil
        }
        var jq = Case(name: "curl -sN | jq -c .", rows: max(rows / 10, 1), feeds: 1)
        let generator = try GeneratorProcess(databases: 1, rows: jq.rows, in: household)
        say("1 feed, curl | jq -c ., a tenth of the rows ...")
        try runCurl(&jq, into: ["jq", "-c", "."], generator)
        try generator.stop()
        return jq
    }

    private func runHerald(_ each: inout Case, _ generator: GeneratorProcess) throws {
        let process = try HeraldProcess(
            herald,
            port: generator.port,
            notifiers: .plain(each.notifiers, lines: each.rows),
            in: household
        )
        let (_, done) = try process.waitForSinks(seconds: Self.limit)
        try process.waitUntilIdle()
        each.cpu.append(try process.child.cpuSeconds())
        each.peak.append(try process.child.peakMemory())
        each.wall.append(Double(done - process.started) / 1e9)
        try process.stop()
    }

    private func runCurl(_ each: inout Case, into second: [String], _ generator: GeneratorProcess) throws {
        let counts = second[0] == "wc"
        let url = generator.endingFeed(each.feeds == 1 ? "0" : "[0-\(each.feeds - 1)]")
        let figures = try Pipeline.run(
            ["curl", "-sN", url],
            into: second,
            keepsOutput: counts,
            seconds: Self.limit,
            in: household
        )
        // Behind the rows of each feed come the line with the last seq and a blank one.
        let lines = each.rows + 2 * each.feeds
        let found = Int(figures.output.filter { $0.isNumber }) ?? 0
        guard !counts || found == lines else { throw BenchError("curl had \(found) lines instead of \(lines)") }
        each.cpu.append(figures.cpuSeconds)
        each.curlCPU.append(figures.firstCPUSeconds)
        each.wall.append(figures.wallSeconds)
    }

    private static func count(_ number: Int, _ what: String) -> String {
        "\(grouped(number)) \(what)\(number == 1 ? "" : "s")"
    }

    private func progress(_ what: String, _ round: Int) {
        say("\(what)\(rounds > 1 ? ", round \(round)" : "") ...")
    }
}
