/// Several INI documents laid over each other, key by key: the later one wins, an empty value removes.
///
/// Sections that are not Herald's are kept, unread. Values may be secrets, so a description of this shows none.
public struct Layers: Sendable, Hashable {
    /// A value that no later layer replaced, and where it stands.
    public struct Value: Sendable, Hashable {
        /// The value as the dialect reads it; never empty.
        public var text: String
        /// The file as it was named.
        public var file: String
        /// The line of its key, counted from 1.
        public var line: Int
        /// The document, counted from 0.
        public var layer: Int
        /// Whether an inline comment ended it.
        public var isCutByComment: Bool
    }

    private struct Section: Sendable, Hashable {
        /// When it first had a key, counted over all; nil if it never had one.
        var order: Int?
        var values: [String: Value] = [:]
        /// When each key first appeared, counted over all.
        var firstSeen: [String: Int] = [:]
        /// The keys whose last value was empty.
        var emptied: Set<String> = []
    }

    private var sections: [String: Section] = [:]
    private var count = 0

    /// Lays `documents` over each other, the first at the bottom.
    public init(_ documents: [INIDocument]) {
        for (layer, document) in documents.enumerated() {
            for entry in document.entries {
                set(entry, document.file, layer)
            }
        }
    }

    /// The names of the sections that have a key, in the order in which they first had one.
    public var sectionNames: [String] {
        sections.filter { !$0.value.values.isEmpty }.sorted { ($0.value.order ?? 0) < ($1.value.order ?? 0) }.map(\.key)
    }

    /// The keys of `section` that have a value, in the order in which they first appeared.
    public func keys(of section: String) -> [String] {
        guard let section = sections[section] else { return [] }
        return section.firstSeen.sorted { $0.value < $1.value }.map(\.key)
    }

    /// The value of `key` in `section`, or nil if there is none or it was removed.
    public subscript(section: String, key: String) -> Value? {
        sections[section]?.values[key]
    }

    /// Whether `key` in `section` was set to nothing, and not set to anything after that. It has no value then, as if
    /// nobody had named it; but for a key with a default that may mean something else.
    public func isEmptied(_ section: String, _ key: String) -> Bool {
        sections[section]?.emptied.contains(key) ?? false
    }

    private mutating func set(_ entry: INIDocument.Entry, _ file: String, _ layer: Int) {
        count += 1
        var section = sections.removeValue(forKey: entry.section) ?? Section()
        defer { sections[entry.section] = section }
        if entry.value.isEmpty {
            section.values[entry.key] = nil
            section.firstSeen[entry.key] = nil
            section.emptied.insert(entry.key)
            return
        }
        section.emptied.remove(entry.key)
        section.order = section.order ?? count
        section.values[entry.key] = Value(
            text: entry.value,
            file: file,
            line: entry.line,
            layer: layer,
            isCutByComment: entry.isCutByComment
        )
        if section.firstSeen[entry.key] == nil {
            section.firstSeen[entry.key] = count
        }
    }
}

extension Layers: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How many sections there are; no key and no value.
    public var description: String { "Layers(\(sectionNames.count) sections)" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// Empty, so that `dump` shows no value.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
