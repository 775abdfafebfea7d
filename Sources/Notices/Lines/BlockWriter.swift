import CouchFeed
import Settings

/// Gathers lines into a block.
struct BlockWriter {
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
