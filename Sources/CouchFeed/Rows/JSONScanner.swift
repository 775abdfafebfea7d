/// Walks over JSON text in place: finds where values begin and end, allocates
/// nothing.
///
/// It checks structure (strings closed, brackets balanced, something between
/// them), not every rule of JSON: what a server sent whole is JSON, and what a
/// cut or a proxy made of it does not survive these checks.
struct JSONScanner {
    let bytes: UnsafeRawBufferPointer
    var position: Int

    init(_ bytes: UnsafeRawBufferPointer, from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// A string as it stands in the text.
    struct Text {
        /// Without the quotes.
        var range: Range<Int>
        var hasEscapes: Bool
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// The byte at the position, or 0 at the end, which begins no value.
    var next: UInt8 {
        position < bytes.count ? bytes[position] : 0
    }

    mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Passes over `byte` and the blanks before it, if it is what comes.
    mutating func skip(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard next == byte else { return false }
        position += 1
        return true
    }

    /// Reads a string, blanks before it included. `nil` if there is none or it is
    /// not closed; the position is then of no use.
    mutating func string() -> Text? {
        guard skip(UInt8(ascii: "\"")) else { return nil }
        let start = position
        var hasEscapes = false
        while true {
            skipPlainText()
            guard position < bytes.count else { return nil }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return Text(range: start..<(position - 1), hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                position += 2
            default: position += 1
            }
        }
    }

    /// Passes over bytes that are neither a quote nor a backslash, eight at a time while there are eight.
    mutating func skipPlainText() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while position + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            // A byte of `word ^ pattern` is zero where the pattern stands; (x - 1) & ~x has the high bit of such a byte,
            // and the lowest of them is never a false one.
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            let found = ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes) & highs
            if found != 0 {
                position += found.trailingZeroBitCount / 8
                return
            }
            position += 8
        }
        while position < bytes.count, bytes[position] != 0x22, bytes[position] != 0x5C {
            position += 1
        }
    }

    /// Passes over a value of any kind and the blanks before it. `nil` if there is no whole one.
    mutating func value() -> Range<Int>? {
        skipBlanks()
        let start = position
        switch next {
        case UInt8(ascii: "\""):
            guard string() != nil else { return nil }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard skipNested() else { return nil }
        default:
            while position < bytes.count, Self.isOfScalar(bytes[position]) { position += 1 }
            guard position > start else { return nil }
        }
        return start..<position
    }

    private mutating func skipNested() -> Bool {
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard string() != nil else { return false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 {
                    position += 1
                    return true
                }
            default: break
            }
            position += 1
        }
        return false
    }

    /// Letters, digits and signs of numbers, `true`, `false` and `null`.
    static func isOfScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// Calls `body` for each member of the object that comes, with its name; `body` reads the value, whole. `false` if
    /// there is no whole object, or if `body` says so.
    @inline(__always)
    mutating func members(_ body: (inout JSONScanner, _ name: UnsafeRawBufferPointer) -> Bool) -> Bool {
        guard skip(UInt8(ascii: "{")) else { return false }
        if skip(UInt8(ascii: "}")) { return true }
        repeat {
            guard let name = string(), skip(UInt8(ascii: ":")),
                body(&self, UnsafeRawBufferPointer(rebasing: bytes[name.range]))
            else { return false }
        } while skip(UInt8(ascii: ","))
        return skip(UInt8(ascii: "}"))
    }

    /// The same for the elements of an array.
    mutating func elements(_ body: (inout JSONScanner) -> Bool) -> Bool {
        guard skip(UInt8(ascii: "[")) else { return false }
        if skip(UInt8(ascii: "]")) { return true }
        repeat {
            guard body(&self) else { return false }
        } while skip(UInt8(ascii: ","))
        return skip(UInt8(ascii: "]"))
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are exactly the bytes of `text`.
    func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: count))
    }
}
