/// Reads one JSON text as RFC 8259 defines it, and nothing that only resembles it.
struct JSONReader {
    /// Why it is none is of no use: whoever wrote the line is shown the line.
    struct NoJSON: Error {}

    /// What is nested deeper than this is not read: it would take the stack of the thread that reads for all children.
    private static let deepest = 512

    /// Where the elements stand, if the text is an array.
    private(set) var elements: [Range<Int>] = []
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The value that the whole text is.
    mutating func read() throws(NoJSON) -> JSONValue {
        let value = try value(depth: 0)
        skipBlanks()
        guard position == bytes.count else { throw NoJSON() }
        return value
    }

    private mutating func value(depth: Int) throws(NoJSON) -> JSONValue {
        guard depth <= Self.deepest else { throw NoJSON() }
        skipBlanks()
        switch try take() {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "["): return .array(try array(depth))
        case UInt8(ascii: "{"): return .object(try object(depth))
        case UInt8(ascii: "t"): try rest(of: "true")
        case UInt8(ascii: "f"): try rest(of: "false")
        case UInt8(ascii: "n"): try rest(of: "null")
        case let byte: try number(first: byte)
        }
        return .other
    }

    private mutating func array(_ depth: Int) throws(NoJSON) -> [JSONValue] {
        var items: [JSONValue] = []
        skipBlanks()
        if skip("]") { return items }
        repeat {
            skipBlanks()
            let start = position
            items.append(try value(depth: depth + 1))
            if depth == 0 { elements.append(start..<position) }
            skipBlanks()
        } while skip(",")
        guard skip("]") else { throw NoJSON() }
        return items
    }

    /// Of a name that is there twice the last value counts.
    private mutating func object(_ depth: Int) throws(NoJSON) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        skipBlanks()
        if skip("}") { return members }
        repeat {
            skipBlanks()
            guard skip("\"") else { throw NoJSON() }
            let name = try string()
            skipBlanks()
            guard skip(":") else { throw NoJSON() }
            members[name] = try value(depth: depth + 1)
            skipBlanks()
        } while skip(",")
        guard skip("}") else { throw NoJSON() }
        return members
    }

    // MARK: Strings, after their first quote

    private mutating func string() throws(NoJSON) -> String {
        var text: [UInt8] = []
        while true {
            switch try take() {
            case UInt8(ascii: "\""):
                guard let text = String(validating: text, as: UTF8.self) else { throw NoJSON() }
                return text
            case UInt8(ascii: "\\"): text += Array(String(try escaped()).utf8)
            case ..<0x20: throw NoJSON()
            case let byte: text.append(byte)
            }
        }
    }

    private mutating func escaped() throws(NoJSON) -> Character {
        switch try take() {
        case UInt8(ascii: "\""): "\""
        case UInt8(ascii: "\\"): "\\"
        case UInt8(ascii: "/"): "/"
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        case UInt8(ascii: "u"): Character(try codePoint())
        default: throw NoJSON()
        }
    }

    /// The half of a pair that stands alone, which JSON allows and Unicode does not, is U+FFFD.
    private mutating func codePoint() throws(NoJSON) -> Unicode.Scalar {
        let unit = try codeUnit()
        let start = position
        if (0xD800...0xDBFF).contains(unit), skip("\\"), skip("u") {
            let second = try codeUnit()
            if (0xDC00...0xDFFF).contains(second) {
                return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
            }
        }
        position = start
        return Unicode.Scalar(unit) ?? "\u{FFFD}"
    }

    private mutating func codeUnit() throws(NoJSON) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let byte = try take()
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw NoJSON() }
            unit = unit << 4 + UInt32(digit)
        }
        return unit
    }

    // MARK: Numbers and words

    private mutating func number(first: UInt8) throws(NoJSON) {
        let leading = first == UInt8(ascii: "-") ? try take() : first
        guard Self.isDigit(leading) else { throw NoJSON() }
        if leading != UInt8(ascii: "0") { skipDigits() }
        if skip(".") { try digits() }
        if skip("e") || skip("E") {
            if !skip("+") { _ = skip("-") }
            try digits()
        }
    }

    private mutating func digits() throws(NoJSON) {
        guard Self.isDigit(try take()) else { throw NoJSON() }
        skipDigits()
    }

    private mutating func skipDigits() {
        while position < bytes.count, Self.isDigit(bytes[position]) { position += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private mutating func rest(of word: StaticString) throws(NoJSON) {
        for byte in "\(word)".utf8.dropFirst() {
            guard try take() == byte else { throw NoJSON() }
        }
    }

    // MARK: Bytes

    private mutating func take() throws(NoJSON) -> UInt8 {
        guard position < bytes.count else { throw NoJSON() }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }
}
