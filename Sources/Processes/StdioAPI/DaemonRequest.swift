/// One line that a daemon wrote to its stdout, read as a request of CouchDB's stdio API for `os_daemons`: `["get", S]`,
/// `["get", S, K]`, `["register", S]`, `["register", S, K]`, `["log", M]`, `["log", M, {"level": L}]`.
enum DaemonRequest: Equatable {
    enum Level: String {
        case debug, info, error
    }

    /// The keys and values of a section; `nil` where what was asked for is no string.
    case section(String?)
    /// The value of a key.
    case value(section: String?, key: String?)
    case register(DaemonRegistration)
    /// A message that is no string is given as its JSON. `badLevel` says, fit for the log, what was asked for and is no
    /// level: the beginning of it if it is a string.
    case log(message: String, level: Level, badLevel: String?)
    /// It is none of these; why, in words that follow the daemon's name.
    case malformed(String)

    init(_ line: [UInt8]) {
        guard !line.isEmpty else {
            self = .malformed(
                "has written an empty line to stdout, which is for requests such as [\"get\",\"section\"]"
            )
            return
        }
        guard let json = JSONText(line) else {
            self = .malformed("has written a line to stdout that is no JSON: \(Self.excerpt(line))")
            return
        }
        guard case .array(let items) = json.value, case .string(let verb)? = items.first,
            let request = Self.request(verb, Array(items.dropFirst()), json)
        else {
            self = .malformed("has written a request that is not known: \(Self.excerpt(line))")
            return
        }
        self = request
    }

    private static func request(_ verb: String, _ arguments: [JSONValue], _ json: JSONText) -> DaemonRequest? {
        switch (verb, arguments.count) {
        case ("get", 1): .section(arguments[0].string)
        case ("get", 2): .value(section: arguments[0].string, key: arguments[1].string)
        case ("register", 1), ("register", 2): registration(arguments)
        case ("log", 1), ("log", 2): log(arguments, json)
        default: nil
        }
    }

    private static func registration(_ arguments: [JSONValue]) -> DaemonRequest {
        let names = arguments.compactMap(\.string)
        guard names.count == arguments.count else {
            return .malformed("has registered for something that is no string: names of sections and keys are strings")
        }
        return .register(DaemonRegistration(section: names[0], key: names.count == 2 ? names[1] : nil))
    }

    private static func log(_ arguments: [JSONValue], _ json: JSONText) -> DaemonRequest? {
        let message = arguments[0].string ?? json.elementText(1)
        guard arguments.count == 2 else { return .log(message: message, level: .info, badLevel: nil) }
        guard case .object(let options) = arguments[1] else { return nil }
        guard let level = options["level"] else { return .log(message: message, level: .info, badLevel: nil) }
        if let known = level.string.flatMap(Level.init) { return .log(message: message, level: known, badLevel: nil) }
        let badLevel = level.string.map { excerpt(Array($0.utf8)) } ?? "what is no string"
        return .log(message: message, level: .info, badLevel: badLevel)
    }

    /// The beginning of what a daemon wrote, for the log.
    static func excerpt(_ text: [UInt8], upTo length: Int = 200) -> String {
        guard text.count > length else { return LogText.escaped(text) }
        return LogText.escaped(LogText.withoutHalfCharacter(Array(text[..<length]))) + "..."
    }
}

/// What changes a daemon wants to be restarted for: those of a section, or of one key of it.
public struct DaemonRegistration: Sendable, Hashable {
    public var section: String
    /// `nil` for all keys of the section.
    public var key: String?

    public init(section: String, key: String? = nil) {
        self.section = section
        self.key = key
    }
}

extension DaemonRegistration: CustomStringConvertible {
    /// `section` or `section/key`.
    public var description: String { key.map { "\(section)/\($0)" } ?? section }
}
