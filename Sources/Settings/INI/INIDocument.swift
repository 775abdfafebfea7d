/// One text in CouchDB's INI dialect, as it stands: every entry with its line, and every line that CouchDB would ignore.
///
/// The dialect is that of CouchDB 1.x: `;` begins a comment line, and after a blank or a tab an inline comment; an
/// empty value removes an earlier key; a line that begins with exactly one blank and has no `=` continues the value,
/// joined by one blank; names are case-sensitive; `#` is no comment. A parse never fails: see ``oddities``.
public struct INIDocument: Sendable, Hashable {
    /// One `key = value`.
    public struct Entry: Sendable, Hashable {
        /// The section; empty before the first header.
        public var section: String
        /// The key, trimmed.
        public var key: String
        /// The value, trimmed, without comment, continuations joined; empty if it removes the key.
        public var value: String
        /// The line of the key, counted from 1.
        public var line: Int
        /// Whether an inline comment ended the value or one of its continuations.
        public var isCutByComment: Bool
    }

    /// One `[name]`.
    public struct Header: Sendable, Hashable {
        /// What stands between the brackets, untouched.
        public var name: String
        /// The line, counted from 1.
        public var line: Int
    }

    /// A line or a text that the dialect has no meaning for.
    public struct Oddity: Sendable, Hashable {
        /// What is odd.
        public enum Kind: Sendable, Hashable {
            /// The text holds control bytes, so nothing of it was read.
            case binary
            /// A line that begins with `[` and is no header; the entries that follow are dropped until the next one.
            case brokenHeader
            /// A continuation where a `[` stands first, which CouchDB ignores.
            case bracketContinuation
            /// Neither header, entry, comment nor continuation.
            case noEqualsSign
            /// The same, and it begins with `#`.
            case hashLine
            /// `= value`.
            case emptyKey
            /// A continuation with no entry before it in its section.
            case continuesNothing
            /// Not UTF-8; it was kept with replacement characters.
            case invalidUTF8
        }

        /// What is odd.
        public var kind: Kind
        /// The section in which the line stands.
        public var section: String
        /// The line, counted from 1.
        public var line: Int
    }

    /// The name of the file, for faults.
    public let file: String
    /// The entries in their order, those with an empty value included.
    public private(set) var entries: [Entry] = []
    /// The section headers in their order.
    public private(set) var headers: [Header] = []
    /// What CouchDB would ignore, in its order.
    public private(set) var oddities: [Oddity] = []

    /// Nil from a broken header to the next whole one: what stands there belongs to nobody.
    private var section: String? = ""
    /// The entry that a continuation would continue.
    private var open: Int?

    /// Reads `bytes`; tolerates CRLF and a UTF-8 byte order mark.
    public init(parsing bytes: [UInt8], file: String) {
        self.file = file
        let isBinary: (UInt8) -> Bool = {
            $0.isControl && $0 != .tab && $0 != .newline && $0 != .carriageReturn
        }
        if let garbage = bytes.firstIndex(where: isBinary) {
            let line = 1 + bytes[..<garbage].count { $0 == .newline }
            oddities.append(Oddity(kind: .binary, section: "", line: line))
            return
        }
        var rest = bytes[...]
        if rest.starts(with: [0xef, 0xbb, 0xbf]) {
            rest = rest.dropFirst(3)
        }
        var number = 0
        while !rest.isEmpty {
            number += 1
            let end = rest.firstIndex { $0 == .newline || $0 == .carriageReturn } ?? rest.endIndex
            read(rest[rest.startIndex..<end], number)
            let isCRLF = rest[end...].starts(with: [.carriageReturn, .newline])
            rest = rest[end...].dropFirst(isCRLF ? 2 : 1)
        }
    }

    private mutating func read(_ line: ArraySlice<UInt8>, _ number: Int) {
        let content = line.trimmed
        guard let first = content.first, first != .semicolon else { return }
        if first == UInt8(ascii: "[") {
            readHeader(content, number, isIndented: line.first != first)
        } else if let equals = content.firstIndex(of: .equals) {
            let key = content[..<equals].trimmed
            guard !key.isEmpty else { return note(.emptyKey, number) }
            readEntry(key, content[(equals + 1)...], number)
        } else if line.first == .space, line.dropFirst().first == first {
            readContinuation(content, number)
        } else {
            note(first == UInt8(ascii: "#") ? .hashLine : .noEqualsSign, number)
        }
    }

    private mutating func readHeader(_ content: ArraySlice<UInt8>, _ number: Int, isIndented: Bool) {
        let inside = content.dropFirst()
        if let end = inside.firstIndex(of: UInt8(ascii: "]")),
            withoutComment(inside[(end + 1)...]).value.isEmpty
        {
            let name = inside[..<end]
            section = name.text
            open = nil
            headers.append(Header(name: name.text, line: number))
            if String(validating: name, as: UTF8.self) == nil {
                note(.invalidUTF8, number)
            }
        } else if isIndented {
            note(.bracketContinuation, number)
        } else {
            note(.brokenHeader, number)
            section = nil
            open = nil
        }
    }

    private mutating func readEntry(_ key: ArraySlice<UInt8>, _ raw: ArraySlice<UInt8>, _ number: Int) {
        guard let section else { return }
        let (value, isCut) = withoutComment(raw)
        open = entries.count
        entries.append(
            Entry(section: section, key: key.text, value: value.text, line: number, isCutByComment: isCut)
        )
        if String(validating: key, as: UTF8.self) == nil || String(validating: value, as: UTF8.self) == nil {
            note(.invalidUTF8, number)
        }
    }

    private mutating func readContinuation(_ content: ArraySlice<UInt8>, _ number: Int) {
        guard let open else { return note(.continuesNothing, number) }
        let (part, isCut) = withoutComment(content)
        if !entries[open].value.isEmpty {
            entries[open].value += " "
        }
        entries[open].value += part.text
        entries[open].isCutByComment = entries[open].isCutByComment || isCut
        if String(validating: part, as: UTF8.self) == nil {
            note(.invalidUTF8, number)
        }
    }

    private mutating func note(_ kind: Oddity.Kind, _ number: Int) {
        guard let section else { return }
        oddities.append(Oddity(kind: kind, section: section, line: number))
    }

    /// What stands before the first `;` that a blank or a tab precedes, trimmed.
    private func withoutComment(_ raw: ArraySlice<UInt8>) -> (value: ArraySlice<UInt8>, isCut: Bool) {
        var previous: UInt8 = 0
        for index in raw.indices {
            if raw[index] == .semicolon, previous.isBlank {
                return (raw[..<index].trimmed, true)
            }
            previous = raw[index]
        }
        return (raw.trimmed, false)
    }
}
