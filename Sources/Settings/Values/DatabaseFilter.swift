/// Which databases are wanted: names and globs, comma-separated, `!` in front of those that are not.
///
/// A name is wanted if any pattern includes it and none excludes it, in whatever order they stand. `*` stands for any
/// characters and `?` for one, `/` too. A pattern that does not itself begin with `_` never includes a name that does,
/// so that `*` leaves the system databases out. Where all patterns exclude, the rest is included.
public struct DatabaseFilter: Sendable, Hashable {
    private let includes: [Glob]
    private let excludes: [Glob]
    /// The list as it was written.
    public let description: String

    /// All databases but the system's.
    public static let all = DatabaseFilter(includes: [Glob("*")], excludes: [], description: "*")

    private init(includes: [Glob], excludes: [Glob], description: String) {
        self.includes = includes
        self.excludes = excludes
        self.description = description
    }

    init(parsing text: String) throws(Complaint) {
        var includes: [Glob] = []
        var excludes: [Glob] = []
        for item in text.commaSeparated {
            let isExclude = item.utf8.first == UInt8(ascii: "!")
            let pattern = isExclude ? String(item.utf8.dropFirst()) ?? "" : item
            guard !pattern.isEmpty else {
                throw Complaint(
                    "an empty pattern stands in the list",
                    "write names and globs with one comma between them"
                )
            }
            guard !pattern.utf8.contains(where: { $0.isBlank || $0.isControl }) else {
                throw Complaint(
                    "\(quoted(pattern)) has a blank, which no database name has",
                    "write commas between names, as in: orders, invoices-*"
                )
            }
            if isExclude {
                excludes.append(Glob(pattern))
            } else {
                includes.append(Glob(pattern))
            }
        }
        self.init(includes: includes.isEmpty ? [Glob("*")] : includes, excludes: excludes, description: text)
    }

    /// The filter that `text` tells; throws a fault of `file` otherwise.
    public init(_ text: String, file: String = "databases", line: Int? = nil) throws(Fault) {
        do throws(Complaint) {
            try self.init(parsing: text)
        } catch {
            throw Fault(file: file, line: line, message: error.message, hint: error.hint)
        }
    }

    /// Whether the database `name` is wanted. The cost is at most name times pattern length, for each pattern.
    public func matches(_ name: String) -> Bool {
        let bytes = name.bytes
        let isSystem = bytes.first == UInt8(ascii: "_")
        return includes.contains { (!isSystem || $0.namesSystem) && $0.matches(bytes) }
            && !excludes.contains { $0.matches(bytes) }
    }

    /// The names that are included without a wildcard and not excluded, each once, in their order.
    public var literalNames: [String] {
        var seen: Set<String> = []
        return includes.filter { !$0.hasWildcard }.map(\.pattern).filter { matches($0) && seen.insert($0).inserted }
    }

    /// Whether a wildcard includes names, so that the list of all databases is needed.
    public var hasGlobs: Bool {
        includes.contains(where: \.hasWildcard)
    }
}

extension DatabaseFilter: CustomStringConvertible {}

/// One pattern of a ``DatabaseFilter``.
struct Glob: Sendable, Hashable {
    let pattern: String
    private let bytes: [UInt8]

    private static let star = UInt8(ascii: "*")
    private static let question = UInt8(ascii: "?")

    init(_ pattern: String) {
        self.pattern = pattern
        bytes = pattern.bytes
    }

    var hasWildcard: Bool { bytes.contains { $0 == Self.star || $0 == Self.question } }

    /// Whether it may include names that begin with `_`.
    var namesSystem: Bool { bytes.first == UInt8(ascii: "_") }

    /// Only the last `*` that was met is ever tried again, so the cost is at most the product of the lengths.
    func matches(_ name: [UInt8]) -> Bool {
        var p = 0
        var n = 0
        var retry: (p: Int, n: Int)?
        while n < name.count {
            if p < bytes.count, bytes[p] == Self.star {
                p += 1
                retry = (p, n)
            } else if p < bytes.count, bytes[p] == Self.question {
                p += 1
                n = Self.next(name, n)
            } else if p < bytes.count, bytes[p] == name[n] {
                p += 1
                n += 1
            } else if let (afterStar, from) = retry {
                p = afterStar
                n = Self.next(name, from)
                retry = (p, n)
            } else {
                return false
            }
        }
        return bytes[p...].allSatisfy { $0 == Self.star }
    }

    /// The place after the UTF-8 character at `index`: `?` means a character, not a byte.
    private static func next(_ name: [UInt8], _ index: Int) -> Int {
        var next = index + 1
        while next < name.count, name[next] & 0xc0 == 0x80 {
            next += 1
        }
        return next
    }
}
