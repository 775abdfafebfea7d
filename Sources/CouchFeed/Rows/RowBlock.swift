/// The changes of a batch one by one, as the server told them.
///
/// Two arrays, shared by all who keep it and never changed once it was given
/// on: passing it on costs no more than counting who has it.
public struct RowBlock: Sendable {
    /// What the rows' ranges are of.
    public private(set) var bytes: [UInt8] = []
    /// In the feed's order.
    public private(set) var rows: [Row] = []

    init() {}

    /// One change. Its parts are ranges of ``RowBlock/bytes``.
    public struct Row: Sendable, Equatable {
        // The parts stand one behind the other from here on. A part is of one line, and so far shorter than 4 GB; a block
        // of long rows need not be.
        private var start: Int
        private var seqCount: UInt32
        private var idCount: UInt32
        /// `nil` as its highest value: an empty one would be text as well.
        private var revCount: UInt32
        private var docCount: UInt32
        /// Whether the server said that the document is deleted.
        public let isDeleted: Bool
        /// Whether the id begins `_design/`, however it is escaped.
        public let isDesignDocument: Bool

        private static let none = UInt32.max

        fileprivate init(
            start: Int,
            line: FeedLine.Row,
            details: RowDetails,
            isDesignDocument: Bool
        ) {
            self.start = start
            seqCount = UInt32(line.seq?.count ?? 0)
            idCount = UInt32(line.id.range.count)
            revCount = details.rev.map { UInt32($0.count) } ?? Self.none
            docCount = UInt32(details.doc?.count ?? 0)
            isDeleted = details.isDeleted
            self.isDesignDocument = isDesignDocument
        }

        /// JSON text; `nil` where the server said `null`.
        public var seq: Range<Int>? {
            seqCount == 0 ? nil : start..<(start + Int(seqCount))
        }

        /// The inside of a JSON string, without its quotes, escaped as the server sent it.
        public var id: Range<Int> {
            let first = start + Int(seqCount)
            return first..<(first + Int(idCount))
        }

        /// The winning revision (the first of `changes`), without its quotes; `nil` where the server gave none.
        public var rev: Range<Int>? {
            revCount == Self.none ? nil : id.upperBound..<(id.upperBound + Int(revCount))
        }

        /// JSON text, byte for byte as the server sent it; `nil` where there was none, or `null`.
        public var doc: Range<Int>? {
            guard docCount > 0 else { return nil }
            let first = rev?.upperBound ?? id.upperBound
            return first..<(first + Int(docCount))
        }
    }

    /// Whether both are one: the same memory, not merely the same text.
    public func isOne(with other: RowBlock) -> Bool {
        func memory(_ block: RowBlock) -> (UnsafeRawPointer?, UnsafeRawPointer?, Int) {
            (
                block.bytes.withUnsafeBytes { $0.baseAddress }, block.rows.withUnsafeBytes { $0.baseAddress },
                block.rows.count
            )
        }
        return memory(self) == memory(other)
    }

    /// What tells a change from all others of its document: the revision, and whether it is deleted. `nil` for a row
    /// without a revision, which is like no other.
    func version(of row: Row) -> [UInt8]? {
        guard let rev = row.rev else { return nil }
        return bytes[rev] + [row.isDeleted ? 1 : 0]
    }

    /// The same bytes with fewer rows.
    func with(_ rows: [Row]) -> RowBlock {
        var block = self
        block.rows = rows
        return block
    }

    // MARK: Gathering

    mutating func append(
        _ row: FeedLine.Row,
        _ details: RowDetails,
        of line: UnsafeRawBufferPointer,
        isDesignDocument: Bool
    ) {
        rows.append(Row(start: bytes.count, line: row, details: details, isDesignDocument: isDesignDocument))
        if let seq = row.seq { append(line, seq) }
        append(line, row.id.range)
        if let rev = details.rev { append(line, rev) }
        if let doc = details.doc { append(line, doc) }
    }

    private mutating func append(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) {
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: line[range]))
    }

    /// Empties it. Memory that nobody else has is used again, unless it is that of rows of megabytes.
    mutating func clear() {
        rows.removeAll(keepingCapacity: rows.capacity <= 4096)
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
    }
}
