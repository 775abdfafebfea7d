import CouchFeed

/// Lines that were made once for all notifiers that want them alike, one after the other, with the seq that each of
/// them delivers.
final class LineBlock: Sendable {
    let bytes: [UInt8]
    private let database: String
    private let instance: Instance
    private let ends: [UInt32]
    /// Seqs that do not stand in the lines.
    private let seqBytes: [UInt8]?
    /// Of those bytes, or of the lines.
    private let seqs: [Range<UInt32>]

    /// - Parameters:
    ///   - ends: Where each line ends, behind its line feed.
    ///   - seqBytes: Where the seqs stand; in the lines if `nil`.
    ///   - seqs: The seq that is reached with each line; empty where it has none.
    init(
        database: String,
        instance: Instance,
        bytes: [UInt8],
        ends: [UInt32],
        seqBytes: [UInt8]?,
        seqs: [Range<UInt32>]
    ) {
        self.database = database
        self.instance = instance
        self.bytes = bytes
        self.ends = ends
        self.seqBytes = seqBytes
        self.seqs = seqs
    }

    var count: Int { ends.count }

    /// What the seqs and ends take beside the lines, in bytes.
    var extraSize: Int {
        (seqBytes?.count ?? 0) + seqs.count * MemoryLayout<Range<UInt32>>.stride
            + ends.count * MemoryLayout<UInt32>.stride
    }

    func end(of line: Int) -> Int {
        line < 0 ? 0 : Int(ends[line])
    }

    /// The newest place that is reached with the first `delivered` lines.
    func mark(after delivered: Int) -> Mark? {
        var line = delivered - 1
        while line >= 0, seqs[line].isEmpty { line -= 1 }
        guard line >= 0 else { return nil }
        let seq = Seq(json: (seqBytes ?? bytes)[Int(seqs[line].lowerBound)..<Int(seqs[line].upperBound)])
        return Mark(database: database, cursor: Cursor(instance: instance, seq: seq))
    }
}
