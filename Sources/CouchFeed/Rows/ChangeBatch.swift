/// Changes of one database, in the feed's order, as followers get them.
///
/// It says as much as its followers need and no more: how many changes there
/// were, and which were of design documents.
public struct ChangeBatch: Sendable {
    public enum Item: Sendable, Equatable {
        /// So many changes of other documents, one after the other.
        case documents(Int)
        /// A change of a design document; the id is a JSON string with its quotes, escaped as notices are.
        case designDocument(id: [UInt8])
    }

    public private(set) var items: [Item] = []
    /// How many changes there are in all.
    public private(set) var count = 0
    /// Up to where these changes reach; `nil` where none of them had a seq.
    public internal(set) var seq: Seq?
    /// The changes one by one; `nil` unless they were asked for.
    public private(set) var rows: RowBlock?
    private var gatherer = RowGatherer()

    public init() {}

    public var isEmpty: Bool { count == 0 }

    public mutating func appendDocuments(_ count: Int) {
        guard count > 0 else { return }
        self.count += count
        if case .documents(let before) = items.last {
            items[items.count - 1] = .documents(before + count)
        } else {
            items.append(.documents(count))
        }
    }

    public mutating func appendDesignDocument(id: [UInt8]) {
        count += 1
        items.append(.designDocument(id: id))
    }

    mutating func gather(_ row: FeedLine.Row, of line: UnsafeRawBufferPointer, isDesignDocument: Bool) {
        gatherer.append(row, of: line, isDesignDocument: isDesignDocument)
    }

    /// It is given on now: rows that were gathered are to be seen, if all were.
    mutating func seal() {
        rows = !gatherer.rows.isEmpty && gatherer.rows.count == count ? gatherer.take() : nil
    }

    /// Empties it and keeps its memory, but for rows, which others may have kept.
    mutating func clear() {
        items.removeAll(keepingCapacity: true)
        count = 0
        seq = nil
        rows = nil
        gatherer = RowGatherer()
    }

    /// The same, less the rows whose keys (``RowBlock/key(_:)``) are in `passed`, out of which they are taken. Without
    /// ``rows`` it is the same.
    func without(_ passed: inout Set<[UInt8]>) -> ChangeBatch {
        guard let rows else { return self }
        let left = rows.rows.filter { passed.remove(rows.key($0)) == nil }
        guard left.count < rows.rows.count else { return self }
        var rest = ChangeBatch()
        rest.seq = seq
        for row in left {
            if row.isDesignDocument {
                let id = rows.bytes[row.id].withUnsafeBytes { JSONText.unescaped($0) }
                var quoted: [UInt8] = []
                JSONText.append(quoted: id, to: &quoted)
                rest.appendDesignDocument(id: quoted)
            } else {
                rest.appendDocuments(1)
            }
        }
        rest.rows = RowBlock(bytes: rows.bytes, rows: left)
        return rest
    }
}
