/// What the log tells of feeds that break by themselves: once for each break,
/// when the feed is open again, however many tries that took; and in one line
/// for all of a moment, so that a thousand feeds that broke together are no
/// thousand lines. A value that knows no I/O.
struct BrokenFeeds {
    /// Why those that are not open again broke, by database.
    private var reasons: [String: String] = [:]
    private var opened: [(database: String, why: String)] = []

    private static let mostNames = 3

    /// The feed broke, and had flowed before.
    mutating func broke(_ database: String, why: String) {
        reasons[database] = reasons[database] ?? why
    }

    /// The feed is open, again or for the first time.
    ///
    /// - Returns: Whether there is something to be told, of which nobody was told yet: after a moment, by ``news()``.
    mutating func isOpen(_ database: String) -> Bool {
        guard let why = reasons.removeValue(forKey: database) else { return false }
        opened.append((database, why))
        return opened.count == 1
    }

    /// What became of the feed is told otherwise, or of no matter any more.
    mutating func forget(_ database: String) {
        reasons[database] = nil
    }

    /// The server is gone: that explains all that broke and is not open yet, and is told once for all of it.
    mutating func serverIsDown() {
        reasons = [:]
    }

    /// What is to be told by now; `nil` if nothing is.
    mutating func news() -> String? {
        defer { opened = [] }
        guard let first = opened.first else { return nil }
        guard opened.count > 1 else {
            return "database \(first.database): the feed is open again; it broke: \(first.why)"
        }
        let names = opened.prefix(Self.mostNames).map(\.database).joined(separator: ", ")
        let others = opened.count > Self.mostNames ? " and \(opened.count - Self.mostNames) more" : ""
        return """
            the feeds of \(opened.count) databases are open again: \(names)\(others); that of \(first.database) broke: \
            \(first.why)
            """
    }
}
