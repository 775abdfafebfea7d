import CouchFeed

/// Some lines that wait in an outbox.
struct Parcel {
    enum Lines {
        /// The same line, over and over. The array is shared by all outboxes that hold it.
        case equal([UInt8])
        /// Different lines, shared by all outboxes that hold them.
        case block(LineBlock)
    }

    var lines: Lines
    var count: Int
    /// When the first of them came.
    var since: ContinuousClock.Instant
    /// Where the cursor moves once all lines, and whatever came before them, have been delivered.
    var mark: Mark?
    /// Receipts for what came before and had no lines of its own.
    var earlier: [Receipt] = []

    /// What a parcel takes beside its lines, in bytes, roughly. A thousand databases that take turns make a parcel of
    /// each line: an outbox that counted lines only would hold many times of what it is meant to hold.
    static let overhead = 128

    /// Stands where one was that has been delivered.
    static let delivered = Parcel(lines: .equal([]), count: 0, since: .now)

    /// What its lines `range` are in bytes.
    func byteCount(_ range: Range<Int>) -> Int {
        switch lines {
        case .equal(let line): line.count * range.count
        case .block(let block): block.end(of: range.upperBound - 1) - block.end(of: range.lowerBound - 1)
        }
    }

    func line(_ index: Int) -> [UInt8] {
        switch lines {
        case .equal(let line): line
        case .block(let block): Array(block.bytes[block.end(of: index - 1)..<block.end(of: index)])
        }
    }

    /// How many of the lines from `start` on are about `limit` bytes: at least one, at most `most`.
    func count(from start: Int, upTo limit: Int, most: Int) -> Int {
        switch lines {
        case .equal(let line): return min(count - start, max(limit / line.count, 1), most)
        case .block(let block):
            let begin = block.end(of: start - 1)
            var taken = 1
            while taken < most, start + taken < count, block.end(of: start + taken) - begin <= limit { taken += 1 }
            return taken
        }
    }

    /// How many of the lines from `start` to `end` are whole within their first `bytes`.
    func count(from start: Int, to end: Int, within bytes: Int) -> Int {
        guard start < end else { return 0 }
        switch lines {
        case .equal(let line): return min(end - start, bytes / line.count)
        case .block(let block):
            let begin = block.end(of: start - 1)
            // Mostly all are.
            if block.end(of: end - 1) - begin <= bytes { return end - start }
            var whole = 0
            while block.end(of: start + whole) - begin <= bytes { whole += 1 }
            return whole
        }
    }

    /// The receipt for the first `delivered` of its lines, where there is one for just these.
    func mark(after delivered: Int) -> Mark? {
        if delivered == count, let mark { return mark }
        guard delivered > 0, case .block(let block) = lines else { return nil }
        return block.mark(after: delivered)
    }
}
