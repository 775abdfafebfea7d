/// Makes text for the log, or a terminal, of what a child or a server wrote, so that it can neither forge a line nor play
/// tricks on a terminal.
public enum LogText {
    /// The text of `bytes`: what is no UTF-8 is replaced by U+FFFD, control characters and those that break or reverse
    /// lines are escaped (`\u001B`); a tab stays a tab.
    public static func escaped(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.unicodeScalars.contains(where: mustBeEscaped) else { return text }
        var result = ""
        result.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            if mustBeEscaped(scalar) {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The same of a text.
    public static func escaped(_ text: String) -> String {
        escaped(Array(text.utf8))
    }

    /// `bytes` without the beginning of a character at its end, for a line that was cut.
    static func withoutHalfCharacter(_ bytes: [UInt8]) -> [UInt8] {
        guard let start = bytes.suffix(4).lastIndex(where: { $0 & 0b1100_0000 != 0b1000_0000 }) else { return bytes }
        let length =
            switch bytes[start] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        return bytes.count - start < length ? Array(bytes[..<start]) : bytes
    }

    /// All of these are below U+10000, so four digits are enough.
    private static func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09: false
        case 0x00...0x1F, 0x7F...0x9F: true
        // Line and paragraph separators, and what turns the direction of writing.
        case 0x2028...0x202E, 0x2066...0x2069, 0x200E...0x200F: true
        default: false
        }
    }
}
