/// Of some documents, which change was given last, to know it again in another feed. A value that knows no I/O.
struct PassedKeys {
    /// By id: the revision, and whether it is deleted.
    private var versions: [[UInt8]: [UInt8]] = [:]

    var isEmpty: Bool { versions.isEmpty }

    /// Notes the rows of `block`, until there are `limit` documents.
    mutating func insert(_ block: RowBlock, limit: Int) {
        for row in block.rows {
            let id = Array(block.bytes[row.id])
            guard versions.count < limit || versions[id] != nil else { continue }
            versions[id] = block.version(of: row)
        }
    }

    /// Whether this very change was given. True once: what the other feed gives of the document from now on is given,
    /// also if this is another change. That one may be older, and then the one that was given has to come again behind
    /// it: else the last word about the document would not be its latest change.
    mutating func take(_ row: RowBlock.Row, of block: RowBlock) -> Bool {
        // Nearly always, since the other feed is seldom behind.
        guard !versions.isEmpty else { return false }
        guard let version = versions.removeValue(forKey: Array(block.bytes[row.id])) else { return false }
        return version == block.version(of: row)
    }
}
