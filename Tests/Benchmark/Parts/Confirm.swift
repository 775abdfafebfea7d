/// How much CPU a line takes that the notifier confirms, with a window of a
/// thousand; and curl on the same bytes.
struct Confirm {
    let herald: String
    let rows: Int
    let rounds: Int
    let household: Household

    private static let limit = 300.0
    /// What is to be reached, whatever curl needs.
    private static let enough = 400_000.0
    /// What is to be reached where curl is slow too, as a part of the rows that it reads.
    private static let enoughOfCurl = 0.08

    /// The rounds of one case.
    private struct Case {
        var name: String
        var options: [String]
        var answers: SinkAnswers
        /// Whether it is to reach something, or only told of.
        var isJudged = true
        var cpu: [Double] = []
        var wall: [Double] = []
        var peak: [Double] = []
    }

    func run(into report: inout Report) throws {
        var cases = [
            Case(name: "plain lines", options: [], answers: .together),
            Case(name: "detail = change", options: ["detail = change"], answers: .together),
            Case(name: "plain lines, a write for each ok", options: [], answers: .singly, isJudged: false),
        ]
        let generator = try GeneratorProcess(databases: 1, rows: rows, in: household)
        var curl: [Double] = []
        for round in 1...rounds {
            for index in cases.indices {
                say("confirm: \(cases[index].name)\(rounds > 1 ? ", round \(round)" : "") ...")
                try runHerald(&cases[index], generator)
            }
            guard Pipeline.exists("curl") else { continue }
            let figures = try Pipeline.run(
                ["curl", "-sN", generator.endingFeed("0")],
                into: ["wc", "-l"],
                keepsOutput: true,
                seconds: Self.limit,
                in: household
            )
            curl.append(figures.cpuSeconds)
        }
        try generator.stop()
        tell(cases, curl, in: &report)
    }

    private func tell(_ cases: [Case], _ curl: [Double], in report: inout Report) {
        var table = Table(["confirm = yes, window = 1000", "lines", "CPU s", "lines/CPU s", "wall s", "peak MB"])
        for each in cases {
            table.append([
                each.name, grouped(rows), fixed(each.cpu.median, 3), fixed(speed(each.cpu), 0),
                fixed(each.wall.median, 2), fixed(each.peak.max() ?? 0, 1),
            ])
        }
        if !curl.isEmpty {
            table.append(["curl -sN | wc -l", grouped(rows), fixed(curl.median, 3), fixed(speed(curl), 0)])
        }
        report.sections.append(table.text)
        let ofCurl = curl.isEmpty ? Self.enough : Self.enoughOfCurl * speed(curl)
        let least = min(Self.enough, ofCurl)
        for each in cases where each.isJudged {
            report.reaches.append(
                Reach(
                    what: "confirmed, \(each.name): at least \(fixed(least, 0)) lines per CPU second",
                    found: fixed(speed(each.cpu), 0),
                    isReached: speed(each.cpu) >= least
                )
            )
        }
    }

    private func speed(_ cpu: [Double]) -> Double { Double(rows) / max(cpu.median, 1e-6) }

    private func runHerald(_ each: inout Case, _ generator: GeneratorProcess) throws {
        let notifier = HeraldProcess.Notifier(
            name: "confirming",
            lines: rows,
            options: ["confirm = yes", "window = 1000"] + each.options,
            answers: each.answers
        )
        let process = try HeraldProcess(herald, port: generator.port, notifiers: [notifier], in: household)
        let (_, done) = try process.waitForSinks(seconds: Self.limit)
        try process.waitUntilIdle()
        each.cpu.append(try process.child.cpuSeconds())
        each.peak.append(try process.child.peakMemory())
        each.wall.append(Double(done - process.started) / 1e9)
        try process.stop()
    }
}
