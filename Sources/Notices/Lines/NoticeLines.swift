import CouchFeed
import Settings

/// The lines that notifiers read about one database, made once for all of them.
///
/// Plain ones are byte for byte those of CouchDB 1.x: keys in the order type,
/// db, id, no blanks, a line feed at the end. Rich ones begin alike.
public struct NoticeLines: Sendable {
    public let created: [UInt8]
    public let updated: [UInt8]
    public let deleted: [UInt8]
    private let designDocumentStart: [UInt8]
    /// All types of line up to the end of the database's name.
    private let updatedHead: [UInt8]
    private let designDocumentHead: [UInt8]
    private let name: String

    public init(database name: String) {
        self.name = name
        var quoted: [UInt8] = []
        JSONText.append(quoted: name.utf8, to: &quoted)
        func head(_ type: String) -> [UInt8] { Array(#"{"type":"\#(type)","db":"#.utf8) + quoted }
        let end = Array("}\n".utf8)
        created = head("created") + end
        updated = head("updated") + end
        deleted = head("deleted") + end
        updatedHead = head("updated")
        designDocumentHead = head("ddoc_updated")
        designDocumentStart = designDocumentHead + Array(#","id":"#.utf8)
    }

    /// The line of a design document's change; `nil` for others.
    func designDocumentUpdated(_ item: ChangeBatch.Item) -> [UInt8]? {
        if case .designDocument(let id) = item { designDocumentUpdated(id: id) } else { nil }
    }

    /// `id` is a JSON string with its quotes.
    public func designDocumentUpdated(id: [UInt8]) -> [UInt8] {
        designDocumentStart + id + Array("}\n".utf8)
    }

    /// The line that tells the beginning or the end of a life, in this style.
    func line(of event: LifeEvent, _ style: LineStyle) -> [UInt8] {
        let (plain, instance) =
            switch event {
            case .created(let instance): (created, instance)
            case .deleted(let instance): (deleted, instance)
            }
        guard style.detail != .plain else { return plain }
        var line = Array(plain.dropLast(2))
        append(instance, to: &line)
        return line + Array("}\n".utf8)
    }

    /// A line for each row that this style has lines for, two for a design document, each with the seq that it
    /// delivers: that of a design document's row belongs to its second line. `nil` if there is none.
    func block(of rows: RowBlock, in instance: Instance, _ style: LineStyle) -> LineBlock? {
        let (wantsUpdated, wantsDesign) = (style.types.contains(.updated), style.types.contains(.ddocUpdated))
        var writer = BlockWriter(isRich: style.detail != .plain)
        var end: [UInt8] = []
        append(instance, to: &end)
        writer.reserve(rows, lineSize: designDocumentHead.count + end.count, withDocuments: style.detail == .doc)
        for row in rows.rows {
            let isDesign = row.isDesignDocument && wantsDesign
            if wantsUpdated {
                writer.append(rows, row, head: updatedHead, end, style.detail, carriesSeq: !isDesign)
            }
            if isDesign {
                let head = style.detail == .plain ? designDocumentHead(of: rows, row) : designDocumentHead
                writer.append(rows, row, head: head, end, style.detail, carriesSeq: true)
            }
        }
        return writer.block(database: name, instance: instance)
    }

    /// A plain line of a design document, up to its closing brace.
    private func designDocumentHead(of rows: RowBlock, _ row: RowBlock.Row) -> [UInt8] {
        var head = designDocumentStart
        JSONText.append(quoted: rows.bytes[row.id].withUnsafeBytes { JSONText.unescaped($0) }, to: &head)
        return head
    }

    private func append(_ instance: Instance, to line: inout [UInt8]) {
        line.append(contentsOf: #","instance":"#.utf8)
        JSONText.append(quoted: instance.text.utf8, to: &line)
    }
}
