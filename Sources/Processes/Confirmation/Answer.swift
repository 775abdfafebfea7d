/// What a child that confirms its lines says about one of them, in one line on stdout.
public enum Answer: Sendable, Equatable {
    /// It is done with the line.
    case ok

    /// It could not do it: the line is to come again, and those behind it too. `reason` may be empty.
    case retry(reason: String)

    /// It is still at it. This answers nothing; it only asks for more time.
    case wait

    /// It never will: the line is to be kept as a dead letter. `reason` may be empty.
    case drop(reason: String)

    /// None of these: its beginning.
    case unknown(String)

    /// The length in bytes beyond which a reason is cut.
    public static let reasonLimit = 1024

    /// Reads a line: `ok`, `retry [reason]`, `wait` or `drop [reason]`. Case does not matter in the first word, nor do
    /// blanks around the line. A reason is repaired where it is no UTF-8, and cut at ``reasonLimit``.
    public init(_ line: [UInt8]) {
        if Self.isOK(line[...]) {
            self = .ok
            return
        }
        let text = Self.trimmed(line[...])
        let word = text.prefix { !Self.isBlank($0) }
        let rest = Self.trimmed(text[word.endIndex...])
        switch String(decoding: word.prefix(6), as: UTF8.self).lowercased() {
        case "ok" where rest.isEmpty: self = .ok
        case "retry": self = .retry(reason: Self.text(rest))
        case "wait" where rest.isEmpty: self = .wait
        case "drop": self = .drop(reason: Self.text(rest))
        default: self = .unknown(Self.text(text))
        }
    }

    /// Reads a line of a program that was written for rsyslog's omprog with `confirmMessages="on"`: `OK`, and whatever
    /// else it says is a ``retry(reason:)`` with that for a reason, as omprog takes it.
    public init(omprog line: [UInt8]) {
        let text = Self.trimmed(line[...])
        self = Self.isOK(text) ? .ok : .retry(reason: Self.text(text))
    }

    private static func isOK(_ line: ArraySlice<UInt8>) -> Bool {
        line.count == 2 && line[line.startIndex] | 0x20 == UInt8(ascii: "o")
            && line[line.startIndex + 1] | 0x20 == UInt8(ascii: "k")
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return bytes[bytes.startIndex..<bytes.startIndex] }
        return bytes[first...last]
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let start = Array(bytes.prefix(reasonLimit))
        let isCut = bytes.count > reasonLimit
        let text = String(decoding: isCut ? LogText.withoutHalfCharacter(start) : start, as: UTF8.self)
        guard text.utf8.count > reasonLimit else { return text }
        // What stands for a broken character is longer than that was.
        var short = ""
        for scalar in text.unicodeScalars {
            guard short.utf8.count + UTF8.width(scalar) <= reasonLimit else { break }
            short.unicodeScalars.append(scalar)
        }
        return short
    }
}
