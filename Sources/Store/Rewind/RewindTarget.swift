/// Where a follower's cursors are to be put.
public enum RewindTarget: Sendable, Equatable {
    /// Before the first change.
    case start
    /// Behind the last change that there is at Herald's next start.
    case now
    /// The JSON text of a seq.
    case seq([UInt8])

    /// Reads what a person writes: `0`, `now`, or a seq: as CouchDB shows it (`12-g1AAA`), an integer, or JSON (a string
    /// in quotes, an array). Returns nil for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        switch text {
        case "0": self = .start
        case "now": self = .now
        // The server would take the word for now, again at each start.
        case "\"now\"", "\"\"": return nil
        default:
            if SeqText.isBare(bytes) {
                self = .seq(Array("\"\(text)\"".utf8))
            } else if SeqText.isSeq(bytes) {
                self = .seq(bytes)
            } else {
                return nil
            }
        }
    }

    /// The JSON text of the seq to be stored; nil for now.
    public var stored: [UInt8]? {
        switch self {
        case .start: Array("0".utf8)
        case .now: nil
        case .seq(let seq): seq
        }
    }
}

extension RewindTarget: CustomStringConvertible {
    /// `0`, `now`, or the JSON text of the seq.
    public var description: String {
        stored.map { String(decoding: $0, as: UTF8.self) } ?? "now"
    }
}

/// What texts can be seqs: only their form is looked at, never what they mean.
private struct SeqText {
    private var rest: ArraySlice<UInt8>

    /// `12-g1AAA` or `1:23`: a string without its quotes. All that begins otherwise is more likely a mistake.
    static func isBare(_ text: [UInt8]) -> Bool {
        let opaque = text.drop(while: isDigit)
        guard isDigit(text.first), opaque.first == UInt8(ascii: "-") || opaque.first == UInt8(ascii: ":") else {
            return false
        }
        return opaque.count > 1
            && opaque.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "="): true
                case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "~"): true
                default: isDigit(byte)
                }
            }
    }

    /// A JSON string, integer or array of these, and nothing behind it.
    static func isSeq(_ text: [UInt8]) -> Bool {
        // Invalid UTF-8 cannot come here: it was a String.
        var parser = SeqText(rest: text[...])
        return parser.takeValue(depth: 0) && parser.rest.isEmpty
    }

    private mutating func takeValue(depth: Int) -> Bool {
        switch rest.first {
        case UInt8(ascii: "\""): takeString()
        case UInt8(ascii: "["): takeArray(depth: depth)
        default: takeInteger()
        }
    }

    private mutating func takeInteger() -> Bool {
        let digits = rest.prefix(while: Self.isDigit)
        rest = rest.dropFirst(digits.count)
        return digits.count == 1 || digits.count > 1 && digits.first != UInt8(ascii: "0")
    }

    private mutating func takeString() -> Bool {
        rest.removeFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return true
            case 0..<0x20: return false
            case UInt8(ascii: "\\"): guard takeEscape() else { return false }
            default: break
            }
        }
        return false
    }

    private mutating func takeEscape() -> Bool {
        guard let byte = rest.popFirst() else { return false }
        guard byte == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(byte) }
        let digits = rest.prefix(4)
        rest = rest.dropFirst(4)
        return digits.count == 4 && digits.allSatisfy { "0123456789abcdefABCDEF".utf8.contains($0) }
    }

    private mutating func takeArray(depth: Int) -> Bool {
        rest.removeFirst()
        takeBlanks()
        // Old BigCouch nests three deep; an endless nest must not use up the stack.
        guard depth < 16, rest.first != UInt8(ascii: "]") else { return false }
        while takeValue(depth: depth + 1) {
            takeBlanks()
            switch rest.popFirst() {
            case UInt8(ascii: "]"): return true
            case UInt8(ascii: ","): takeBlanks()
            default: return false
            }
        }
        return false
    }

    private mutating func takeBlanks() {
        rest = rest.drop { $0 == UInt8(ascii: " ") }
    }

    private static func isDigit(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
