// What can be told line by line, before any value is looked at.

extension SettingsReader {
    mutating func checkLines(of document: INIDocument, _ layer: Int) {
        for oddity in document.oddities {
            let place = Place(file: document.file, line: oddity.line, layer: layer)
            switch oddity.kind {
            case .binary:
                faults.add(
                    Place(file: document.file, line: nil, layer: layer),
                    "is no configuration file: line \(oddity.line) has control characters",
                    "name a text file in UTF-8"
                )
            case .brokenHeader:
                faults.add(
                    place,
                    "a section header is not closed or has text behind it",
                    "write [name] alone on the line"
                )
            default:
                guard Known.isOurs(oddity.section) else { continue }
                let (message, hint) = Self.words(for: oddity.kind)
                faults.add(place, message, hint)
            }
        }
    }

    /// The line itself is never shown: it may be a password that lost its key.
    private static func words(for kind: INIDocument.Oddity.Kind) -> (message: String, hint: String) {
        switch kind {
        case .hashLine:
            ("'#' begins no comment", "begin comments with ';'")
        case .emptyKey:
            ("a line begins with '='", "write a key before it, as in: key = value")
        case .continuesNothing:
            ("the line has no '=' and there is no value above that it continues", "write it as in: key = value")
        case .invalidUTF8:
            ("the line is not UTF-8", "save the file as UTF-8")
        case .bracketContinuation:
            ("a section header is not closed or has text behind it", "write [name] alone on the line")
        case .noEqualsSign, .binary, .brokenHeader:
            (
                "the line has no '='",
                "write it as in: key = value; begin comments with ';' and continued values with exactly one blank"
            )
        }
    }

    mutating func checkHeaders(of document: INIDocument, _ layer: Int) {
        if let lost = document.entries.first(where: { $0.section.isEmpty }),
            document.headers.first.map({ $0.line > lost.line }) ?? true
        {
            warnings.add(
                Place(file: document.file, line: lost.line, layer: layer),
                "a key stands before the first section and is read by nobody",
                "put it below a header such as [source]"
            )
        }
        var seen: Set<String> = []
        for header in document.headers where !Known.isOurs(header.name) && seen.insert(header.name).inserted {
            guard let meant = Known.meant(by: header.name) else { continue }
            warnings.add(
                Place(file: document.file, line: header.line, layer: layer),
                "the section \(quoted("[\(header.name)]")) is not Herald's and was left alone",
                "did you mean [\(meant)]?"
            )
        }
    }

    mutating func checkKeys(of document: INIDocument, _ layer: Int) {
        /// The line of each command, by the name of its section of options.
        var commands: [String: Int] = [:]
        for entry in document.entries where Known.isOurs(entry.section) {
            let place = Place(file: document.file, line: entry.line, layer: layer)
            if entry.key.utf8.first == UInt8(ascii: "#") {
                faults.add(place, "'#' begins no comment", "begin comments with ';'")
            } else if let known = Known.keys(of: entry.section), !known.contains(entry.key) {
                let hint = nearestName(to: entry.key, among: known).map { "did you mean '\($0)'?" }
                faults.add(
                    place,
                    "unknown key \(quoted(entry.key)) in [\(entry.section)]",
                    hint ?? "known keys are: \(known.joined(separator: ", "))"
                )
            } else if let kind = Known.commandsOf(entry.section) {
                let section = kind.section(entry.key)
                if let first = commands[section], !entry.value.isEmpty {
                    faults.add(
                        place,
                        "a second \(kind.word) with the name \(quoted(entry.key)), which line \(first) has already",
                        "rename or remove one of them"
                    )
                }
                commands[section] = entry.value.isEmpty ? nil : entry.line
            }
        }
    }
}
