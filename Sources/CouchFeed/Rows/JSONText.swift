/// The inside of JSON strings: from text to bytes and back.
public enum JSONText {
    /// Appends `bytes`, UTF-8, as a JSON string with its quotes, escaped as
    /// CouchDB does: quotes, backslashes and control characters, the short
    /// forms where there are, `/` and all other text as it is.
    public static func append(quoted bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""): text.append(contentsOf: #"\""#.utf8)
            case UInt8(ascii: "\\"): text.append(contentsOf: #"\\"#.utf8)
            case 0x08: text.append(contentsOf: #"\b"#.utf8)
            case 0x09: text.append(contentsOf: #"\t"#.utf8)
            case 0x0A: text.append(contentsOf: #"\n"#.utf8)
            case 0x0C: text.append(contentsOf: #"\f"#.utf8)
            case 0x0D: text.append(contentsOf: #"\r"#.utf8)
            case 0x00..<0x20:
                text.append(contentsOf: #"\u00"#.utf8)
                text.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
                text.append(hexDigit(byte & 0x0F))
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    /// What the inside of a JSON string stands for, as UTF-8. What is no escape,
    /// lone surrogates too, becomes U+FFFD.
    public static func unescaped(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\") else {
                bytes.append(text[index])
                index += 1
                continue
            }
            let kind = index + 1 < text.count ? text[index + 1] : 0
            index += 2
            switch kind {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "u"):
                let scalar = codePoint(text, &index)
                bytes.append(contentsOf: String(scalar).utf8)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(kind)
            default: bytes.append(contentsOf: "\u{FFFD}".utf8)
            }
        }
        return bytes
    }

    /// The scalar whose four digits begin at `index`, which moves behind it, and
    /// behind its second half where it has one.
    private static func codePoint(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> Character {
        guard let first = codeUnit(text, at: index) else { return "\u{FFFD}" }
        index += 4
        if (0xD800..<0xDC00).contains(first), index + 1 < text.count, text[index] == UInt8(ascii: "\\"),
            text[index + 1] == UInt8(ascii: "u"), let second = codeUnit(text, at: index + 2),
            (0xDC00..<0xE000).contains(second)
        {
            index += 6
            let value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
            return Character(Unicode.Scalar(value) ?? "\u{FFFD}")
        }
        return Character(Unicode.Scalar(first) ?? "\u{FFFD}")
    }

    private static func codeUnit(_ text: UnsafeRawBufferPointer, at index: Int) -> UInt32? {
        guard index + 4 <= text.count else { return nil }
        var value: UInt32 = 0
        for byte in text[index..<(index + 4)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
