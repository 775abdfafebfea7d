/// How fast a notifier that has missed much comes back, by a reader of its own
/// beside the feed that it shares with others.
///
/// Another one is served first, with the same state folder, so that it stands
/// at the end when both start: their places differ, and the one behind catches up.
struct CatchUp {
    let herald: String
    let household: Household

    private static let rows = 200_000
    /// Rows a second that a CouchDB 3.5 produces.
    private static let pace = 100_000
    private static let limit = 120.0

    /// One case.
    private struct Case {
        var name: String
        var options: [String]
        var answers = SinkAnswers.none
        var pace: Int?
    }

    func run(into report: inout Report) throws {
        let confirmed = ["confirm = yes", "window = 1000"]
        let cases = [
            Case(name: "merge = never", options: ["merge = never"]),
            Case(name: "merge = never, server paced", options: ["merge = never"], pace: Self.pace),
            Case(name: "detail = change", options: ["detail = change"]),
            Case(name: "confirm = yes, window = 1000", options: confirmed, answers: .together),
        ]
        var table = Table([
            "catching up with \(grouped(Self.rows)) changes", "start-up s", "then s", "rows/s", "CPU s", "rows/CPU s",
        ])
        let limit = Double(Self.rows) / Double(Self.pace)
        for each in cases {
            say("catching up: \(each.name) ...")
            let (startUp, rest, cpu) = try measure(each)
            table.append([
                each.name, fixed(startUp, 2), fixed(rest, 2), fixed(Double(Self.rows) / rest, 0), fixed(cpu, 3),
                fixed(Double(Self.rows) / cpu, 0),
            ])
            // A server that takes as long itself proves nothing but that nobody waits for Herald.
            guard each.pace == nil else { continue }
            report.reaches.append(
                .atMost(
                    limit,
                    "catching up, \(each.name): keeps up with \(grouped(Self.pace)) rows/s",
                    rest,
                    "\(fixed(Double(Self.rows) / rest, 0)) rows/s"
                )
            )
        }
        report.sections.append(table.text + "Start-up lasts until the first line has come.\n")
    }

    private func measure(_ each: Case) throws -> (startUp: Double, rest: Double, cpu: Double) {
        let generator = try GeneratorProcess(
            databases: 1,
            rows: Self.rows,
            normal: true,
            pace: each.pace,
            in: household
        )
        let state = household.newFile("state")
        func start(_ notifiers: [HeraldProcess.Notifier]) throws -> HeraldProcess {
            try HeraldProcess(herald, port: generator.port, notifiers: notifiers, state: state, in: household)
        }
        var atEnd = HeraldProcess.Notifier(name: "at-end", lines: Self.rows, options: ["merge = never"])
        let before = try start([atEnd])
        try before.waitForSinks(seconds: Self.limit)
        try before.stop()

        atEnd.lines = 0
        let behind = HeraldProcess.Notifier(
            name: "behind",
            lines: Self.rows,
            options: each.options,
            answers: each.answers
        )
        let process = try start([atEnd, behind])
        let (first, last) = try process.waitForSinks(seconds: Self.limit)
        try process.waitUntilIdle()
        let cpu = try process.child.cpuSeconds()
        try process.stop()
        try generator.stop()
        return (Double(first - process.started) / 1e9, Double(last - first) / 1e9, cpu)
    }
}
