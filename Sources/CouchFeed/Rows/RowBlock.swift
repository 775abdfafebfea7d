/// The changes of a batch one by one, with what stands in their rows. Shared by all who keep it.
public final class RowBlock: Sendable {
    /// One change. Its ranges are of ``RowBlock/bytes``.
    public struct Row: Sendable {
        fileprivate var start: UInt32
        fileprivate var seqLength: UInt32 = 0
        fileprivate var idLength: UInt32 = 0
        fileprivate var revLength: UInt32 = 0
        fileprivate var docLength: UInt32 = 0
        public fileprivate(set) var isDeleted = false
        public fileprivate(set) var isDesignDocument = false

        /// JSON text; `nil` where the server said `null`.
        public var seq: Range<Int>? { range(0, seqLength) }
        /// What stands within the quotes, escapes untouched.
        public var id: Range<Int> { range(seqLength, idLength) ?? Int(start)..<Int(start) }
        /// The winning revision; `nil` if the server names none.
        public var rev: Range<Int>? { range(seqLength + idLength, revLength) }
        /// JSON text, byte for byte as it was sent; `nil` where there was none.
        public var doc: Range<Int>? { range(seqLength + idLength + revLength, docLength) }

        private func range(_ offset: UInt32, _ length: UInt32) -> Range<Int>? {
            length == 0 ? nil : Int(start + offset)..<Int(start + offset + length)
        }
    }

    public let bytes: [UInt8]
    public let rows: [Row]

    init(bytes: [UInt8], rows: [Row]) {
        self.bytes = bytes
        self.rows = rows
    }

    /// What tells a change from all others of its database: id, revision and whether it is deleted.
    func key(_ row: Row) -> [UInt8] {
        var key = Array(bytes[row.id])
        key.append(0)
        if let rev = row.rev { key.append(contentsOf: bytes[rev]) }
        key.append(row.isDeleted ? 1 : 0)
        return key
    }

    /// Puts the keys of its rows into `keys`, until there are `limit`.
    func insertKeys(into keys: inout Set<[UInt8]>, limit: Int) {
        for row in rows where keys.count < limit { keys.insert(key(row)) }
    }
}

/// Gathers rows until they are given on.
struct RowGatherer {
    private var bytes: [UInt8] = []
    private(set) var rows: [RowBlock.Row] = []

    mutating func append(_ row: FeedLine.Row, of line: UnsafeRawBufferPointer, isDesignDocument: Bool) {
        var gathered = RowBlock.Row(start: UInt32(bytes.count))
        gathered.seqLength = append(row.seq, of: line)
        gathered.idLength = append(row.id.range, of: line)
        gathered.revLength = append(row.rev, of: line)
        gathered.docLength = append(row.doc, of: line)
        gathered.isDeleted = row.isDeleted
        gathered.isDesignDocument = isDesignDocument
        rows.append(gathered)
    }

    private mutating func append(_ range: Range<Int>?, of line: UnsafeRawBufferPointer) -> UInt32 {
        guard let range else { return 0 }
        bytes.append(contentsOf: line[range])
        return UInt32(range.count)
    }

    /// What was gathered; it begins anew.
    mutating func take() -> RowBlock {
        defer {
            bytes = []
            rows = []
        }
        return RowBlock(bytes: bytes, rows: rows)
    }
}
