/// What waits to be written to one notifier, in order: decides what is queued,
/// what is merged, and what is written next. Knows no I/O.
struct OutboxQueue {
    /// What to do when more waits than the outbox holds.
    enum WhenFull {
        /// Keep what comes as a set, until the queue has been written.
        case merge
        /// Take it all the same; whoever fills the outbox is to look at ``OutboxQueue/isFull``.
        case grow
    }

    /// Some equal lines. They share one array with all outboxes that hold the line.
    private struct Item {
        var line: [UInt8]
        var count: Int
    }

    private let capacity: Int
    private let whenFull: WhenFull
    private var items: [Item] = []
    private var first = 0
    /// What the queued lines will be, written out.
    private(set) var byteCount = 0
    private var pending = PendingNotices()

    /// - Parameter capacity: In bytes of lines.
    init(capacity: Int, whenFull: WhenFull) {
        self.capacity = capacity
        self.whenFull = whenFull
    }

    var isEmpty: Bool { byteCount == 0 && pending.isEmpty }
    var isFull: Bool { byteCount >= capacity }
    /// Whether notices are being merged.
    var isBehind: Bool { !pending.isEmpty }

    // MARK: In

    mutating func created(_ database: String, line: [UInt8]) {
        mergesNow ? pending.created(database, line: line) : append(line, 1)
    }

    mutating func deleted(_ database: String, line: [UInt8]) {
        mergesNow ? pending.deleted(database, line: line) : append(line, 1)
    }

    mutating func updated(_ database: String, line: [UInt8], count: Int) {
        guard count > 0 else { return }
        // A long run is cut where the outbox is full, so that it holds what it is meant to hold, and one line more at most.
        let room = whenFull == .grow ? count : max((capacity - byteCount + line.count - 1) / line.count, 0)
        let taken = mergesNow ? 0 : min(count, room)
        if taken > 0 { append(line, taken) }
        if taken < count { pending.updated(database, line: line) }
    }

    mutating func designDocumentUpdated(_ database: String, line: [UInt8]) {
        mergesNow ? pending.designDocumentUpdated(database, line: line) : append(line, 1)
    }

    /// Once something is in the set, all that follows goes there too: else it would overtake.
    private var mergesNow: Bool {
        whenFull == .merge && (isFull || !pending.isEmpty)
    }

    private mutating func append(_ line: [UInt8], _ count: Int) {
        byteCount += line.count * count
        // The same array, mostly: then comparing costs nothing.
        if items.count > first, items[items.count - 1].line == line {
            items[items.count - 1].count += count
        } else {
            items.append(Item(line: line, count: count))
        }
    }

    // MARK: Out

    /// Puts whole lines into `bytes`, whose memory is used again, until they are about `limit` bytes or none is left; at
    /// least one, if there is one.
    mutating func take(upTo limit: Int, into bytes: inout [UInt8]) {
        if byteCount == 0 { refill(upTo: limit) }
        bytes.removeAll(keepingCapacity: true)
        while first < items.count, bytes.count < limit {
            let item = items[first]
            let count = min(item.count, max((limit - bytes.count) / item.line.count, 1))
            bytes.append(item.line, times: count)
            if count == item.count {
                first += 1
            } else {
                items[first].count -= count
            }
        }
        byteCount -= bytes.count
        compact()
    }

    /// The queue has been written: what was merged behind it comes now.
    private mutating func refill(upTo limit: Int) {
        while byteCount < limit, let lines = pending.popFirst() {
            for line in lines { append(line, 1) }
        }
    }

    private mutating func compact() {
        if first == items.count {
            items.removeAll(keepingCapacity: items.count <= 4096)
            first = 0
        } else if first > 1024, first * 2 > items.count {
            items.removeFirst(first)
            first = 0
        }
    }
}

extension [UInt8] {
    /// Appends `line` so many times: in blocks, since copying many bytes costs little more than copying a few.
    fileprivate mutating func append(_ line: [UInt8], times: Int) {
        var left = times
        let inBlock = Swift.max(4096 / line.count, 1)
        if left > inBlock {
            var block: [UInt8] = []
            block.reserveCapacity(inBlock * line.count)
            for _ in 0..<inBlock { block.append(contentsOf: line) }
            while left >= inBlock {
                append(contentsOf: block)
                left -= inBlock
            }
        }
        for _ in 0..<left { append(contentsOf: line) }
    }
}
