import Status

/// All that is known of one database, notifier or daemon, for people: a fact a line, and what is wrong at the end.
struct StatusDetail {
    let entry: StatusEntry
    let problems: ProblemLines
    let clock: ReportClock
    let width: Int

    /// How far in the values stand.
    private static let column = 15

    /// - Parameters:
    ///   - problems: All that there are in `report`.
    ///   - width: No line takes more columns; at least ``StatusTable/leastWidth``.
    init(_ entry: StatusEntry, in report: StatusReport, problems: [Problem], width: Int) {
        self.entry = entry
        self.width = max(width, StatusTable.leastWidth)
        self.problems = ProblemLines(problems, width: self.width)
        clock = ReportClock(report.herald)
    }

    var lines: [StyledLine] {
        let title =
            switch entry {
            case .notifier(let name, _): "notifier \(name)"
            case .daemon(let name, _): "daemon \(name)"
            case .database(let name, _): "database \(name)"
            }
        let heading = FittedText.cutMiddle(FittedText.line(title), to: width)
        return [StyledLine(text: heading, style: .heading)]
            + facts.flatMap { fact($0.name, $0.value) }
            + problems.lines(of: entry.subject, indent: 2)
    }

    private var facts: [(name: String, value: String?)] {
        switch entry {
        case .notifier(_, let status): facts(status)
        case .daemon(_, let status): facts(status)
        case .database(_, let status): facts(status)
        }
    }

    private func facts(_ status: NotifierStatus) -> [(name: String, value: String?)] {
        state(status.process) + [
            ("delivery", status.delivery.words),
            ("lag", status.lag > 0 ? Figures.duration(status.lag) : "none"),
            ("to catch up", status.pending.map { "\(Figures.whole($0)) changes" }),
            ("waiting", status.waitingBytes > 0 ? Figures.bytes(status.waitingBytes) : "nothing"),
            ("lines", Figures.whole(status.lines)),
            ("merged", Figures.whole(status.merged)),
            ("unconfirmed", status.unconfirmed.map { Figures.whole($0) }),
            ("dead letters", Figures.whole(status.deadLetters)),
        ] + past(status.process, status.lastError)
    }

    private func facts(_ status: DaemonStatus) -> [(name: String, value: String?)] {
        let registrations = status.registrations.isEmpty ? "none" : status.registrations.joined(separator: ", ")
        return state(status.process) + [
            ("failures", "\(Figures.whole(status.failures)) within retry_time"),
            ("registered for", registrations),
        ] + past(status.process, status.lastError)
    }

    private func facts(_ status: DatabaseStatus) -> [(name: String, value: String?)] {
        [
            ("feed", status.feed.words),
            ("last row", status.lastRow.map { "\(clock.age(of: $0)) (\($0))" } ?? "none since the start"),
            ("changes", Figures.whole(status.changes)),
            ("reconnects", Figures.whole(status.reconnects)),
            ("last error", words(status.lastError)),
        ]
    }

    private func state(_ process: ProcessStatus) -> [(name: String, value: String?)] {
        let since = process.since.map { " for \(Figures.duration($0))" } ?? ""
        let pid = process.pid.map { ", process \($0)" } ?? ""
        return [
            ("state", "\(process.state.rawValue)\(since)\(pid)"),
            ("restarts", Figures.whole(process.restarts)),
        ]
    }

    private func past(_ process: ProcessStatus, _ lastError: Mishap?) -> [(name: String, value: String?)] {
        [
            ("last end", words(process.lastEnd)),
            ("last error", words(lastError)),
            ("last words", process.lastWords),
        ]
    }

    private func words(_ mishap: Mishap?) -> String? {
        mishap.map { "\($0.text) (\(clock.age(of: $0.time)), \($0.time))" }
    }

    private func fact(_ name: String, _ value: String?) -> [StyledLine] {
        guard let value else { return [] }
        return problems.paragraph(value, lead: "  " + FittedText.padded(name, to: Self.column))
    }
}

extension DatabaseStatus.Feed {
    /// In words.
    fileprivate var words: String {
        switch self {
        case .looking: "looking whether the database is there"
        case .opening: "opening"
        case .open: "open"
        case .paused: "paused, until a notifier has room"
        case .waiting: "waiting to be opened again"
        case .absent: "there is no such database"
        }
    }
}
