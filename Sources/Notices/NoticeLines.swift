internal import CouchFeed

/// The lines that notifiers read about one database, made once for all of them.
///
/// Byte for byte those of CouchDB 1.x: keys in the order type, db, id, no
/// blanks, a line feed at the end.
public struct NoticeLines: Sendable {
    public let created: [UInt8]
    public let updated: [UInt8]
    public let deleted: [UInt8]
    private let designDocumentStart: [UInt8]

    public init(database name: String) {
        var quoted: [UInt8] = []
        JSONText.append(quoted: name.utf8, to: &quoted)
        func start(_ type: String) -> [UInt8] { Array(#"{"type":"\#(type)","db":"#.utf8) + quoted }
        let end = Array("}\n".utf8)
        created = start("created") + end
        updated = start("updated") + end
        deleted = start("deleted") + end
        designDocumentStart = start("ddoc_updated") + Array(#","id":"#.utf8)
    }

    /// The line of a design document's change; `nil` for others.
    func designDocumentUpdated(_ item: ChangeBatch.Item) -> [UInt8]? {
        if case .designDocument(let id) = item { designDocumentUpdated(id: id) } else { nil }
    }

    /// `id` is a JSON string with its quotes.
    public func designDocumentUpdated(id: [UInt8]) -> [UInt8] {
        designDocumentStart + id + Array("}\n".utf8)
    }
}
