import Logging

/// What the log tells of feeds that break by themselves.
///
/// Each break is told once, however many tries it takes until the feed is open
/// again; and those of one moment in one line, so that a thousand feeds that
/// broke together are no thousand lines. What the server's own fall explains
/// is not told: trouble waits until the server has shown that it is there. A
/// value that knows no I/O.
struct BrokenFeeds {
    enum Trouble: Equatable {
        /// It has failed so many times in a row.
        case failing(times: Int)
        /// This user may not read it.
        case refused(hint: String)
    }

    struct News: Equatable {
        var level: Logger.Level
        var text: String
    }

    private struct Entry {
        var database: String
        var why: String
        var trouble: Trouble?

        var times: String { if case .failing(let times) = trouble { " \(times) times" } else { "" } }
        var hint: String { if case .refused(let hint) = trouble { hint } else { "" } }
    }

    /// Why those that are not open again broke, by database.
    private var reasons: [String: String] = [:]
    private var troubles: [Entry] = []
    private var toldInTrouble: Set<String> = []
    private var opened: [Entry] = []
    private var flowing: [Entry] = []

    private static let mostNames = 3

    // MARK: Events

    /// The feed broke, and had flowed before.
    mutating func broke(_ database: String, why: String) {
        reasons[database] = reasons[database] ?? why
    }

    /// The feed is open, again or for the first time.
    mutating func isOpen(_ database: String) {
        guard let why = reasons.removeValue(forKey: database) else { return }
        opened.append(Entry(database: database, why: why))
    }

    /// It does not open by itself: something that a person should know.
    mutating func isInTrouble(_ database: String, _ trouble: Trouble, why: String) {
        reasons[database] = nil
        troubles.append(Entry(database: database, why: why, trouble: trouble))
    }

    /// It flows again, after trouble.
    mutating func flows(_ database: String) {
        if toldInTrouble.remove(database) != nil {
            flowing.append(Entry(database: database, why: ""))
        } else if let index = troubles.firstIndex(where: { $0.database == database }) {
            // Nobody was told yet that it did not.
            opened.append(Entry(database: database, why: troubles.remove(at: index).why))
        }
    }

    /// The database is gone, or another one is there.
    mutating func forget(_ database: String) {
        reasons[database] = nil
        toldInTrouble.remove(database)
        troubles.removeAll { $0.database == database }
    }

    /// The server is gone: that explains all that has broken, and is told once for all of it.
    mutating func serverIsDown() {
        reasons = [:]
        troubles = []
    }

    // MARK: News

    var hasGoodNews: Bool { !opened.isEmpty || !flowing.isEmpty }

    /// Which feeds are open again; to be asked a moment after there was something.
    mutating func goodNews() -> [News] {
        defer { (opened, flowing) = ([], []) }
        let texts = [
            Self.text(
                opened,
                one: { "database \($0.database): the feed is open again; it broke: \($0.why)" },
                many: { "the feeds of \($0) are open again; that of \($1.database) broke: \($1.why)" }
            ),
            Self.text(
                flowing,
                one: { "database \($0.database): the feed flows again" },
                many: { names, _ in "the feeds of \(names) flow again" }
            ),
        ]
        return texts.compactMap { $0 }.map { News(level: .info, text: $0) }
    }

    /// Which feeds do not open; to be asked when the server has shown that it is there.
    mutating func troubleNews() -> [News] {
        defer { troubles = [] }
        toldInTrouble.formUnion(troubles.map(\.database))
        var failing: [Entry] = []
        var refused: [Entry] = []
        for entry in troubles {
            if case .refused = entry.trouble { refused.append(entry) } else { failing.append(entry) }
        }
        let warning = Self.text(
            failing,
            one: { "database \($0.database): the feed failed\($0.times): \($0.why); trying on" },
            many: { "the feeds of \($0) failed\($1.times), that of \($1.database): \($1.why); trying on" }
        )
        let error = Self.text(
            refused,
            one: { "database \($0.database) cannot be read: \($0.why); \($0.hint)" },
            many: { "\($0) cannot be read, \($1.database): \($1.why); \($1.hint)" }
        )
        return [(Logger.Level.warning, warning), (.error, error)].compactMap { level, text in
            text.map { News(level: level, text: $0) }
        }
    }

    /// - Parameter many: Is given how many databases they are, with some of their names, and the first one.
    private static func text(
        _ entries: [Entry],
        one: (Entry) -> String,
        many: (String, Entry) -> String
    ) -> String? {
        guard let first = entries.first else { return nil }
        guard entries.count > 1 else { return one(first) }
        let names = entries.prefix(mostNames).map(\.database).joined(separator: ", ")
        let others = entries.count > mostNames ? " and \(entries.count - mostNames) more" : ""
        return many("\(entries.count) databases (\(names)\(others))", first)
    }
}
