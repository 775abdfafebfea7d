import Status

// The parts of the table that have a row for each of many.

extension StatusTable {
    /// From here on only databases in trouble are shown.
    private static let mostDatabases = 10
    private static let mostDatabasesInTrouble = 20

    var notifiers: Section {
        section(
            "notifiers",
            of: report.notifiers,
            columns: [
                .init(title: "NAME"), .init(title: "STATE"), .init(title: "PID", isNumber: true),
                .init(title: "DELIVERY"), .init(title: "LAG", isNumber: true), .init(title: "LINES", isNumber: true),
                .init(title: "RESTARTS", isNumber: true), .init(title: "DEAD", isNumber: true),
            ],
            cells: { notifier in
                [
                    notifier.process.state.rawValue,
                    notifier.process.pid.map { "\($0)" } ?? "-",
                    notifier.delivery.words,
                    notifier.lag > 0 ? Figures.duration(notifier.lag) : "-",
                    Figures.count(notifier.lines),
                    Figures.count(notifier.process.restarts),
                    notifier.deadLetters > 0 ? Figures.count(notifier.deadLetters) : "-",
                ]
            },
            subject: { .notifier($0) },
            facts: { processFacts($0.process, $0.lastError) }
        )
    }

    var daemons: Section {
        section(
            "daemons",
            of: report.daemons,
            columns: [
                .init(title: "NAME"), .init(title: "STATE"), .init(title: "PID", isNumber: true),
                .init(title: "FOR", isNumber: true), .init(title: "RESTARTS", isNumber: true),
                .init(title: "FAILURES", isNumber: true), .init(title: "REGISTERED", isNumber: true),
            ],
            cells: { daemon in
                [
                    daemon.process.state.rawValue,
                    daemon.process.pid.map { "\($0)" } ?? "-",
                    daemon.process.since.map { Figures.duration($0) } ?? "-",
                    Figures.count(daemon.process.restarts),
                    daemon.failures > 0 ? Figures.count(daemon.failures) : "-",
                    daemon.registrations.isEmpty ? "-" : Figures.count(daemon.registrations.count),
                ]
            },
            subject: { .daemon($0) },
            facts: { processFacts($0.process, $0.lastError) }
        )
    }

    var databases: Section {
        let all = report.databases
        let inTrouble = all.filter { problems.rank(of: .database($0.key)) != .max }
        var shown = all
        var notes: [String] = []
        if all.count > Self.mostDatabases {
            let worst = inTrouble.keys.sorted(by: { isWorse(.database($0), $0, .database($1), $1) })
                .prefix(Self.mostDatabasesInTrouble)
            shown = all.filter { worst.contains($0.key) }
            let hidden = inTrouble.count - shown.count
            if hidden > 0 {
                notes.append("  and \(Figures.whole(hidden)) more in trouble; 'herald status --json' shows all")
            }
            let well = all.count - inTrouble.count
            let others = inTrouble.isEmpty ? "" : "others "
            if well > 0 { notes.append("  \(Figures.whole(well)) \(others)without a problem") }
        }
        var section = section(
            "databases",
            of: shown,
            count: all.count,
            columns: [
                .init(title: "NAME"), .init(title: "FEED"), .init(title: "CHANGES", isNumber: true),
                .init(title: "LAST ROW", isNumber: true), .init(title: "RECONNECTS", isNumber: true),
            ],
            cells: { database in
                [
                    database.feed.rawValue,
                    Figures.count(database.changes),
                    database.lastRow.map { FittedText.cutEnd(FittedText.line(clock.age(of: $0)), to: 24) } ?? "-",
                    Figures.count(database.reconnects),
                ]
            },
            subject: { .database($0) },
            facts: { facts($0.lastError) }
        )
        section.lines += notes.map { StyledLine(text: $0) }
        return section
    }

    private func processFacts(_ process: ProcessStatus, _ lastError: Mishap?) -> [ProblemLines.Fact] {
        (process.lastEnd.map { [ProblemLines.Fact("last end", $0, clock)] } ?? [])
            + facts(lastError)
            + (process.lastWords.map { [ProblemLines.Fact("last words", $0)] } ?? [])
    }

    /// - Parameters:
    ///   - count: How many there are, if not all of them are in `values`.
    ///   - cells: All but the name.
    private func section<Value>(
        _ title: String,
        of values: [String: Value],
        count: Int? = nil,
        columns: [ColumnLayout.Column],
        cells: (Value) -> [String],
        subject: (String) -> Problem.Subject,
        facts: (Value) -> [ProblemLines.Fact]
    ) -> Section {
        let count = count ?? values.count
        let heading = count == 0 ? "\(title): none" : "\(title) (\(Figures.whole(count)))"
        var section = Section(lines: [StyledLine(text: heading, style: .heading)], rank: .max)
        guard !values.isEmpty else { return section }
        let entries = values.sorted { isWorse(subject($0.key), $0.key, subject($1.key), $1.key) }
        let rows = entries.map { [FittedText.line($0.key)] + cells($0.value) }
        let layout = ColumnLayout(columns, rows: rows, width: width)
        section.lines.append(StyledLine(text: layout.titles))
        for ((name, value), row) in zip(entries, rows) {
            let subject = subject(name)
            section.rank = min(section.rank, problems.rank(of: subject))
            section.lines.append(StyledLine(text: layout.line(row), style: problems.style(of: subject)))
            section.lines += problems.lines(of: subject, indent: 4, facts: facts(value))
        }
        return section
    }

    private func isWorse(
        _ left: Problem.Subject,
        _ leftName: String,
        _ right: Problem.Subject,
        _ rightName: String
    ) -> Bool {
        (problems.rank(of: left), leftName) < (problems.rank(of: right), rightName)
    }
}

extension NotifierStatus.Delivery {
    /// As people say it.
    var words: String {
        switch self {
        case .live: "live"
        case .behind: "behind"
        case .catchingUp: "catching up"
        }
    }
}
