import Status

/// How things are, as a table for people: Herald first, then its parts, those with the worst problems before the others.
struct StatusTable {
    let report: StatusReport
    let width: Int
    let clock: ReportClock
    let problems: ProblemLines
    private let allProblems: [Problem]

    /// How narrow a table may get.
    static let leastWidth = 80

    /// - Parameters:
    ///   - problems: What is wrong in `report`, the worst first.
    ///   - width: No line takes more columns; at least ``leastWidth``.
    init(_ report: StatusReport, problems: [Problem], width: Int) {
        self.report = report
        self.width = max(width, Self.leastWidth)
        self.problems = ProblemLines(problems, width: self.width)
        allProblems = problems
        clock = ReportClock(report.herald)
    }

    /// One part of the table: its heading and what stands beneath it.
    struct Section {
        var lines: [StyledLine]
        /// The place of its worst problem among all; `Int.max` where there is none.
        var rank: Int
    }

    var lines: [StyledLine] {
        // Those without a problem, all with the same rank, keep their order.
        let parts = [server, notifiers, daemons, databases, store].enumerated()
            .sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
        return herald + parts.flatMap { [StyledLine(text: "")] + $0.lines }
    }

    // MARK: Herald

    private static let mostFiles = 5
    private static let mostFaults = 10

    private var herald: [StyledLine] {
        let configuration = report.herald.configuration
        let verdict =
            switch allProblems.count {
            case 0: "all is well"
            case 1: "1 problem"
            default: "\(Figures.whole(allProblems.count)) problems"
            }
        let reloads =
            switch configuration.reloads {
            case 0: ""
            case 1: ", 1 reload"
            default: ", \(Figures.whole(configuration.reloads)) reloads"
            }
        let heading = FittedText.line("herald \(report.herald.version): \(verdict)")
        let age = FittedText.line(clock.age(of: configuration.loaded))
        let told = problems.problems(of: .configuration)
        let faults = configuration.faults.filter { fault in !told.contains { $0.text.contains(fault) } }
        return [
            StyledLine(text: FittedText.cutEnd(heading, to: width), style: .heading),
            StyledLine(
                text: "  running for \(Figures.duration(report.herald.uptime)), process \(report.herald.pid)\(reloads)"
            ),
            StyledLine(text: FittedText.cutEnd("  configuration read \(age) from", to: width)),
        ] + files(configuration.files) + problems.lines(of: .configuration, indent: 2)
            + some(faults, Self.mostFaults) { problems.paragraph($0, lead: "    fault: ") }
            + strayProblems.flatMap { problem in
                let name = FittedText.line("  \(ProblemLines.key(problem.subject))")
                return [StyledLine(text: FittedText.cutMiddle(name, to: width))]
                    + problems.lines(of: problem.subject, indent: 4)
            }
    }

    /// Those about what has no row in the report.
    private var strayProblems: [Problem] {
        allProblems.filter { problem in
            switch problem.subject {
            case .configuration, .server, .store: false
            case .database(let name): report.databases[name] == nil
            case .notifier(let name): report.notifiers[name] == nil
            case .daemon(let name): report.daemons[name] == nil
            }
        }
    }

    private func files(_ files: [String]) -> [StyledLine] {
        some(files, Self.mostFiles) {
            [StyledLine(text: "    " + FittedText.cutPath(FittedText.line($0), to: width - 4))]
        }
    }

    /// The lines of the first few, and how many others there are.
    private func some<Element>(
        _ all: [Element],
        _ limit: Int,
        _ lines: (Element) -> [StyledLine]
    ) -> [StyledLine] {
        let shown = all.prefix(limit).flatMap(lines)
        guard all.count > limit else { return shown }
        return shown + [StyledLine(text: "    and \(Figures.whole(all.count - limit)) more")]
    }

    // MARK: Server and store

    private var server: Section {
        let server = report.server
        let url = FittedText.cutMiddle(FittedText.line(server.url), to: width - 7)
        let style = problems.style(of: .server)
        let state = FittedText.cutEnd("  \(FittedText.line(server.words))", to: width)
        return Section(
            lines: [
                StyledLine(text: "server \(url)", style: .heading),
                StyledLine(text: state, style: style),
            ] + problems.lines(of: .server, indent: 2, facts: facts(server.lastError)),
            rank: problems.rank(of: .server)
        )
    }

    private var store: Section {
        let store = report.store
        let folder = FittedText.cutPath(FittedText.line(store.folder), to: width - 6)
        let saved = store.lastSave.map { "saved \(clock.age(of: $0))" } ?? "nothing saved since the start"
        let state = FittedText.line("  \(Figures.bytes(store.size)), \(saved)")
        return Section(
            lines: [
                StyledLine(text: "store \(folder)", style: .heading),
                StyledLine(text: FittedText.cutEnd(state, to: width), style: problems.style(of: .store)),
            ] + problems.lines(of: .store, indent: 2, facts: facts(store.lastError)),
            rank: problems.rank(of: .store)
        )
    }

    func facts(_ lastError: Mishap?) -> [ProblemLines.Fact] {
        lastError.map { [ProblemLines.Fact("last error", $0, clock)] } ?? []
    }
}

extension ServerStatus {
    /// What it is and how it is, in words.
    var words: String {
        let state =
            switch self.state {
            case .unknown: "has not answered yet"
            case .reachable: "reachable"
            case .unreachable: "unreachable"
            case .refused: "does not let Herald in"
            case .stranger: "another server answers there"
            }
        let bell =
            switch self.bell {
            case .rings: "its bell rings"
            case .silent: "its bell is not connected"
            case .missing: "no bell"
            }
        let name = [kind, version].compactMap { $0 }.joined(separator: " ")
        let words = [state, name] + (self.state == .reachable ? [bell] : [])
        return words.filter { !$0.isEmpty }.joined(separator: ", ")
    }
}
