import Status

/// Problems by what they are about, and as lines beneath it.
struct ProblemLines {
    private var bySubject: [String: [(rank: Int, problem: Problem)]] = [:]
    private let width: Int

    /// - Parameter problems: The worst first.
    init(_ problems: [Problem], width: Int) {
        self.width = width
        for (rank, problem) in problems.enumerated() {
            bySubject[Self.key(problem.subject), default: []].append((rank, problem))
        }
    }

    /// Something that may explain a problem.
    struct Fact {
        var name: String
        var text: String
        /// When it was, in words that follow the text.
        var age = ""

        init(_ name: String, _ text: String) {
            (self.name, self.text) = (name, text)
        }

        init(_ name: String, _ mishap: Mishap, _ clock: ReportClock) {
            (self.name, text, age) = (name, mishap.text, " (\(clock.age(of: mishap.time)))")
        }
    }

    /// What is wrong with `subject`, the worst first.
    func problems(of subject: Problem.Subject) -> [Problem] {
        bySubject[Self.key(subject), default: []].map(\.problem)
    }

    /// The place of its worst problem among all; `Int.max` where there is none.
    func rank(of subject: Problem.Subject) -> Int {
        bySubject[Self.key(subject)]?.first?.rank ?? .max
    }

    /// How a line about `subject` itself is shown.
    func style(of subject: Problem.Subject) -> StyledLine.Style {
        let problems = problems(of: subject)
        return problems.contains(where: \.isDown) ? .down : problems.isEmpty ? .plain : .trouble
    }

    /// What is wrong with `subject`, with what to do about it.
    ///
    /// - Parameters:
    ///   - indent: How far in they stand.
    ///   - facts: What is known beside, shown on one line each, unless a problem tells it already.
    func lines(of subject: Problem.Subject, indent: Int, facts: [Fact] = []) -> [StyledLine] {
        let problems = problems(of: subject)
        guard !problems.isEmpty else { return [] }
        let lead = String(repeating: " ", count: indent)
        let news = facts.filter { fact in !problems.contains { $0.text.contains(fact.text) } }
        let telling = news.map { fact in
            let line = "\(lead)  \(fact.name): \(FittedText.line(fact.text + fact.age))"
            return StyledLine(text: FittedText.cutEnd(line, to: width))
        }
        let told = problems.flatMap { problem in
            paragraph(problem.text, lead: "\(lead)! ", style: problem.isDown ? .down : .trouble)
                + paragraph("hint: \(problem.hint)", lead: "\(lead)  ", style: .plain)
        }
        return told + telling
    }

    /// `text`, wrapped, with `lead` before its first line and as many blanks before the others.
    func paragraph(_ text: String, lead: String, style: StyledLine.Style = .plain) -> [StyledLine] {
        let room = max(width - FittedText.width(lead), 10)
        let blanks = String(repeating: " ", count: FittedText.width(lead))
        return FittedText.wrapped(FittedText.line(text), to: room).enumerated().map { number, line in
            StyledLine(text: (number == 0 ? lead : blanks) + line, style: style)
        }
    }

    /// `subject` as one text. Also what a person may write to name it.
    static func key(_ subject: Problem.Subject) -> String {
        switch subject {
        case .configuration: "configuration"
        case .server: "server"
        case .store: "store"
        case .database(let name): "database:\(name)"
        case .notifier(let name): "notifier:\(name)"
        case .daemon(let name): "daemon:\(name)"
        }
    }
}
