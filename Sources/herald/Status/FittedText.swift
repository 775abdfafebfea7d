import Processes

/// Texts in the columns of a terminal: how wide they are, and how they are cut and wrapped.
enum FittedText {
    /// `text` as one line that can do nothing to a terminal.
    static func line(_ text: String) -> String {
        LogText.escaped(text.replacing("\t", with: " "))
    }

    /// How many columns `text` takes at the most: wide characters take two. Those that some terminals draw over the
    /// one before are counted, so that no line gets too long.
    static func width(_ text: some Sequence<Unicode.Scalar>) -> Int {
        text.reduce(0) { $0 + width($1) }
    }

    static func width(_ text: String) -> Int {
        width(text.unicodeScalars)
    }

    /// The beginning of `text`, with an ellipsis where it was cut.
    static func cutEnd(_ text: String, to limit: Int) -> String {
        guard width(text) > limit else { return text }
        return String(String.UnicodeScalarView(prefix(text.unicodeScalars, limit - 1))) + "…"
    }

    /// The end of the path `text`, which tells more than its beginning: from a slash on where that leaves half of it.
    static func cutPath(_ text: String, to limit: Int) -> String {
        guard width(text) > limit else { return text }
        let end = suffix(text, limit - 1)
        let whole = String(end.drop { $0 != "/" })
        return "…" + (width(whole) >= limit / 2 ? whole : end)
    }

    /// Both ends of `text`: names that have grown long often begin alike, or end alike.
    static func cutMiddle(_ text: String, to limit: Int) -> String {
        guard width(text) > limit else { return text }
        let tail = suffix(text, (limit - 1) / 2)
        let head = prefix(text.unicodeScalars, limit - 1 - width(tail))
        return String(String.UnicodeScalarView(head)) + "…" + tail
    }

    /// `text` with blanks behind it up to `width`.
    static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(width - self.width(text), 0))
    }

    /// `text` in lines of at most `limit` columns, broken at blanks; words that are longer are broken themselves.
    static func wrapped(_ text: String, to limit: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var word = String(word)
            let room = line.isEmpty ? limit : limit - width(line) - 1
            if width(word) <= room {
                line += line.isEmpty ? word : " \(word)"
                continue
            }
            if !line.isEmpty { lines.append(line) }
            while width(word) > limit {
                let head = prefix(word.unicodeScalars, limit)
                // At least one, so that the word ends however narrow it gets.
                let count = max(head.count, 1)
                lines.append(String(String.UnicodeScalarView(word.unicodeScalars.prefix(count))))
                word = String(String.UnicodeScalarView(word.unicodeScalars.dropFirst(count)))
            }
            line = word
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    private static func prefix(_ scalars: some Sequence<Unicode.Scalar>, _ limit: Int) -> [Unicode.Scalar] {
        var taken: [Unicode.Scalar] = []
        var room = limit
        for scalar in scalars {
            room -= width(scalar)
            guard room >= 0 else { break }
            taken.append(scalar)
        }
        return taken
    }

    private static func suffix(_ text: String, _ limit: Int) -> String {
        String(String.UnicodeScalarView(prefix(text.unicodeScalars.reversed(), limit).reversed()))
    }

    /// The wide blocks of Unicode's EastAsianWidth.txt, and the emoji.
    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0..<0x1100: 1
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF: 2
        case 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1B000...0x1B2FF: 2
        case 0x1F004...0x1F6FF, 0x1F7E0...0x1FAFF, 0x20000...0x3FFFD: 2
        default: scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }
}
