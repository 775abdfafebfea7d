import Settings
import Status

/// One database, notifier or daemon of a report, with its name.
enum StatusEntry: Sendable, Equatable {
    case notifier(String, NotifierStatus)
    case daemon(String, DaemonStatus)
    case database(String, DatabaseStatus)

    var subject: Problem.Subject {
        switch self {
        case .notifier(let name, _): .notifier(name)
        case .daemon(let name, _): .daemon(name)
        case .database(let name, _): .database(name)
        }
    }

    /// What `text` names in `report`: `NAME`, which may be several things, or `notifier:NAME` and the like, which is one.
    static func all(named text: String, in report: StatusReport) -> [StatusEntry] {
        let all = named(text, in: report)
        guard all.isEmpty else { return all }
        for kind in ["notifier", "daemon", "database"] where text.hasPrefix("\(kind):") {
            return named(String(text.dropFirst(kind.count + 1)), in: report).filter {
                ProblemLines.key($0.subject) == text
            }
        }
        return []
    }

    private static func named(_ name: String, in report: StatusReport) -> [StatusEntry] {
        [
            report.notifiers[name].map { .notifier(name, $0) },
            report.daemons[name].map { .daemon(name, $0) },
            report.databases[name].map { .database(name, $0) },
        ].compactMap { $0 }
    }

    /// Why nothing is named `text`, and what may have been meant.
    static func none(named text: String, in report: StatusReport) -> String {
        let children = Array(report.notifiers.keys) + report.daemons.keys
        let known = children + report.databases.keys
        let name = String(text.drop { $0 != ":" }.dropFirst())
        let guess = nearestName(to: text, among: known) ?? (name.isEmpty ? nil : nearestName(to: name, among: known))
        let hint = guess.map { "did you mean \($0)?" } ?? "'herald status' shows those that there are"
        return "there is no notifier, daemon or database '\(text)'; \(hint)"
    }

    /// Its part of the JSON of a report.
    func json() throws -> [UInt8] {
        switch self {
        case .notifier(_, let status): try StatusCoding.encode(status)
        case .daemon(_, let status): try StatusCoding.encode(status)
        case .database(_, let status): try StatusCoding.encode(status)
        }
    }
}
