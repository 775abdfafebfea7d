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

    /// Empties it and keeps its memory.
    mutating func clear() {
        items.removeAll(keepingCapacity: true)
        count = 0
        seq = nil
    }
}
