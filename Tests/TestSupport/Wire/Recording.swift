/// A conversation with a real CouchDB 3.5.0, as it went over the wire.
public struct Recording: Sendable, CustomStringConvertible {
    /// One thing that happened, and when.
    public struct Event: Sendable, Equatable {
        /// What happened.
        public enum Kind: Sendable, Equatable {
            /// One read of the socket gave these bytes.
            case read([UInt8])
            /// What was done to the server meanwhile.
            case action(String)
        }

        /// Seconds since the request was sent.
        public var seconds: Double
        /// What happened.
        public var kind: Kind
    }

    /// How the conversation ended.
    public enum Ending: Sendable, Equatable {
        /// The answer was whole, the connection was kept.
        case complete
        /// The server closed the connection.
        case closedByServer
        /// Nothing more came, and the connection stayed open.
        case leftOpen
    }

    /// The file's name without extension, as in `171_continuous_db_deleted_recreated_quickly`.
    public let name: String
    /// As in `GET /db HTTP/1.1`.
    public let requestLine: String
    /// Each as in `Host: 127.0.0.1:5984`.
    public let requestHeaders: [String]
    /// The request's body; nil if it had none.
    public let requestBody: String?
    /// All bytes of the answer, status line and chunk framing included.
    public let response: [UInt8]
    /// What happened, in order. Without a `.timing` file: the whole answer at once.
    public let events: [Event]
    /// How it ended. Without a `.timing` file: as the framing of the answer suggests.
    public let ending: Ending
    /// Whether ``events`` tells real times.
    public let hasTiming: Bool
    /// Whether the recorder left out the middle of a long answer and put `...(N bytes in all; cut here)...` there.
    public let isShortened: Bool

    /// The name.
    public var description: String { name }
    /// The method of the request.
    public var method: String { requestLine.split(separator: " ").first.map(String.init) ?? "" }
    /// The path and query of the request.
    public var target: String { requestLine.split(separator: " ").dropFirst().first.map(String.init) ?? "" }

    /// The answer taken apart.
    public var answer: RecordedAnswer { RecordedAnswer(response, isHead: method == "HEAD") }
    /// The body without chunk framing, up to where the framing is broken; see ``answer`` for whether it is.
    public var body: [UInt8] { answer.body }
}

extension Recording {
    /// The recording `name`; throws a ``TestFailure`` if there is none or it cannot be understood.
    public static func load(_ name: String) throws -> Recording {
        let text = try readFile("\(folder)/\(name).txt")
        let timing = try? readFile("\(folder)/\(name).timing")
        return try Recording(name: name, text: text, timing: timing)
    }

    /// All recordings whose name `matching` accepts, by name.
    public static func all(matching: (String) -> Bool = { _ in true }) throws -> [Recording] {
        try namesInFolder(folder).filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.filter(matching).map(
            load
        )
    }

    /// The folder beside this file. (The accessor of a resource bundle would link all of Foundation.)
    private static var folder: String {
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
            + "/Recordings"
    }

    init(name: String, text: [UInt8], timing: [UInt8]?) throws {
        let newline = UInt8(ascii: "\n")
        guard let end = text.indices.dropLast().first(where: { text[$0] == newline && text[$0 + 1] == newline }) else {
            throw TestFailure("\(name).txt has no blank line")
        }
        let head = text[..<end].split(separator: newline).map { String(decoding: $0, as: UTF8.self) }
        let sent = head.dropFirst().filter { $0.hasPrefix("> ") }.map { String($0.dropFirst(2)) }
        self.name = name
        requestLine = head.first ?? ""
        requestHeaders = sent.filter { !$0.hasPrefix("body: ") }
        requestBody = sent.first { $0.hasPrefix("body: ") }.map { String($0.dropFirst(6)) }
        response = Array(text[(end + 2)...])
        hasTiming = timing != nil
        isShortened = response[...].firstRange(of: Array(" bytes in all; cut here)...".utf8)) != nil
        if let timing {
            (events, ending) = try Self.events(timing, of: response, name)
        } else {
            events = [Event(seconds: 0, kind: .read(response))]
            ending =
                switch RecordedAnswer(response, isHead: requestLine.hasPrefix("HEAD ")).framing {
                case .whole: .complete
                case .cut: .closedByServer
                // Where the middle is left out, only the end can tell.
                case .broken where isShortened:
                    response.suffix(5).elementsEqual("0\r\n\r\n".utf8) ? .complete : .closedByServer
                case .broken: .leftOpen
                }
        }
    }

    /// A timing file shows at most 1,500 bytes of a read, but tells its length: the bytes themselves are in the answer.
    private static func events(_ timing: [UInt8], of response: [UInt8], _ name: String) throws -> ([Event], Ending) {
        var events: [Event] = []
        var ending: Ending?
        var rest = response[...]
        for line in timing.split(separator: UInt8(ascii: "\n")).map({ String(decoding: $0, as: UTF8.self) }) {
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, parts[0].hasSuffix("s"), let seconds = Double(parts[0].dropLast()) else {
                throw TestFailure("\(name).timing has a strange line: \(line.prefix(80))")
            }
            let what = parts[2]
            switch parts[1] {
            case "RECV":
                guard let count = Int(what.dropFirst().prefix { $0.isNumber }), count <= rest.count else {
                    throw TestFailure("\(name).timing has a read that the answer has no bytes for: \(line.prefix(80))")
                }
                events.append(Event(seconds: seconds, kind: .read(Array(rest.prefix(count)))))
                rest = rest.dropFirst(count)
            case "ACTION":
                events.append(Event(seconds: seconds, kind: .action(String(what))))
            case "END":
                ending =
                    what.hasPrefix("COMPLETE") ? .complete : what.hasPrefix("SERVER-EOF") ? .closedByServer : .leftOpen
            default:
                throw TestFailure("\(name).timing has a strange line: \(line.prefix(80))")
            }
        }
        guard rest.isEmpty, let ending else {
            throw TestFailure("\(name).timing is not all of the answer: \(rest.count) bytes are left")
        }
        return (events, ending)
    }
}
