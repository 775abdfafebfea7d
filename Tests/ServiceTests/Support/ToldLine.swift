/// A line that a notifier was told, taken apart. Names with quotes or escapes in them are not for it.
struct ToldLine: Equatable {
    enum Kind: String {
        case created, updated, deleted
        case designUpdated = "ddoc_updated"
    }

    let kind: Kind
    let database: String
    var id: String?
    var rev: String?
    var isDeleted = false
    var instance: String?

    /// Nil if it is no such line.
    init?(_ line: some BidirectionalCollection<UInt8>) {
        // What stands between quotes: a key, then its value, where that is a string.
        let words = line.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
        var texts = stride(from: 1, to: words.count, by: 2).map { words[$0] }[...]
        var values: [String: String] = [:]
        while let key = texts.popFirst() {
            let name = String(decoding: key, as: UTF8.self)
            if name == "deleted" {
                isDeleted = true
                continue
            }
            guard let value = texts.popFirst() else { return nil }
            // The longest one by far, and nothing is judged by it.
            if name != "seq" { values[name] = String(decoding: value, as: UTF8.self) }
        }
        guard let kind = values["type"].flatMap(Kind.init), let database = values["db"], line.last == UInt8(ascii: "}")
        else { return nil }
        self.kind = kind
        self.database = database
        id = values["id"]
        rev = values["rev"]
        instance = values["instance"]
    }
}
