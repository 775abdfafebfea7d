/// Changes of one database, in the feed's order, as followers get them.
///
/// It says as much as its followers need and no more: how many changes there
/// were, and which were of design documents; and the rows themselves where
/// they were asked for.
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
    /// The changes one by one, as many as ``count`` says; `nil` unless they
    /// were asked for.
    public internal(set) var rows: RowBlock?

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

    /// The same batch less the rows that are in `passed`, out of which they are
    /// taken. The seq stays, also where no row is left: the batch reaches as
    /// far as before.
    ///
    /// Where rows were not asked for, nothing can be told apart: it stays
    /// whole.
    func without(_ passed: inout PassedKeys) -> ChangeBatch {
        guard let block = rows, !passed.isEmpty else { return self }
        var rest = ChangeBatch()
        rest.seq = seq
        var rows: [RowBlock.Row] = []
        rows.reserveCapacity(block.rows.count)
        var designDocuments = items.lazy.filter { $0.isDesignDocument }.makeIterator()
        for row in block.rows {
            let designDocument = row.isDesignDocument ? designDocuments.next() : nil
            if passed.take(row, of: block) { continue }
            rows.append(row)
            if case .designDocument(let id) = designDocument {
                rest.appendDesignDocument(id: id)
            } else {
                rest.appendDocuments(1)
            }
        }
        rest.rows = block.with(rows)
        return rest
    }

    /// Empties it and keeps its memory, but for rows that others keep.
    mutating func clear() {
        items.removeAll(keepingCapacity: true)
        count = 0
        seq = nil
        rows?.clear()
    }

    /// Whether rows are wanted from the next change on. In mid-batch nothing
    /// changes: a batch has all its rows or none.
    mutating func keepRows(_ isWanted: Bool) {
        guard isEmpty, isWanted != (rows != nil) else { return }
        rows = isWanted ? RowBlock() : nil
    }
}

extension ChangeBatch.Item {
    fileprivate var isDesignDocument: Bool {
        if case .designDocument = self { true } else { false }
    }
}
