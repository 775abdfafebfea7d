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

/// Gathers lines into a block.
private struct BlockWriter {
    private let isRich: Bool
    private var bytes: [UInt8] = []
    private var ends: [UInt32] = []
    private var seqBytes: [UInt8] = []
    private var seqs: [Range<UInt32>] = []

    init(isRich: Bool) {
        self.isRich = isRich
    }

    /// Not much more than is needed: it is kept for as long as the lines wait.
    ///
    /// - Parameter lineSize: What a line has in it beside what the row tells.
    mutating func reserve(_ rows: RowBlock, lineSize: Int, withDocuments: Bool) {
        let count = rows.rows.count
        ends.reserveCapacity(count)
        seqs.reserveCapacity(count)
        if isRich {
            let documents = withDocuments ? 0 : rows.rows.reduce(0) { $0 + ($1.doc?.count ?? 0) }
            bytes.reserveCapacity(rows.bytes.count - documents + count * (lineSize + Self.keysSize))
        } else {
            bytes.reserveCapacity(count * lineSize)
            seqBytes.reserveCapacity(rows.rows.reduce(0) { $0 + ($1.seq?.count ?? 0) })
        }
    }

    /// The keys and quotes of a rich line.
    private static let keysSize = #","seq":,"id":"","rev":"","doc":}"#.utf8.count + 1

    /// - Parameter end: What stands behind what the row tells and before the document.
    mutating func append(
        _ rows: RowBlock,
        _ row: RowBlock.Row,
        head: [UInt8],
        _ end: [UInt8],
        _ detail: NotifierSettings.Detail,
        carriesSeq: Bool
    ) {
        bytes.append(contentsOf: head)
        let seq = row.seq.map { rows.bytes[$0] }
        var seqRange: Range<UInt32> = 0..<0
        if isRich {
            put(#","seq":"#)
            let start = UInt32(bytes.count)
            if let seq {
                bytes.append(contentsOf: seq)
                seqRange = start..<UInt32(bytes.count)
            } else {
                put("null")
            }
            put(#","id":""#)
            bytes.append(contentsOf: rows.bytes[row.id])
            if let rev = row.rev {
                put(#"","rev":""#)
                bytes.append(contentsOf: rows.bytes[rev])
            }
            put(row.isDeleted ? #"","deleted":true"# : #"""#)
            bytes.append(contentsOf: end)
            if detail == .doc, let doc = row.doc {
                put(#","doc":"#)
                bytes.append(contentsOf: rows.bytes[doc])
            }
        } else {
            if let seq, carriesSeq {
                let start = UInt32(seqBytes.count)
                seqBytes.append(contentsOf: seq)
                seqRange = start..<UInt32(seqBytes.count)
            }
        }
        put("}\n")
        ends.append(UInt32(bytes.count))
        seqs.append(carriesSeq ? seqRange : 0..<0)
    }

    private mutating func put(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    func block(database: String, instance: Instance) -> LineBlock? {
        guard !ends.isEmpty else { return nil }
        return LineBlock(
            database: database,
            instance: instance,
            bytes: bytes,
            ends: ends,
            seqBytes: isRich ? nil : seqBytes,
            seqs: seqs
        )
    }
}
