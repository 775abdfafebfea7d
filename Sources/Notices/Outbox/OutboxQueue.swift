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

    /// Takes whole lines, until they are about `limit` bytes or none is left; at least one, if there is one.
    mutating func take(upTo limit: Int) -> [UInt8] {
        if byteCount == 0 { refill(upTo: limit) }
        var runs: [Item] = []
        var size = 0
        while first < items.count, size < limit {
            let item = items[first]
            let count = min(item.count, max((limit - size) / item.line.count, 1))
            runs.append(Item(line: item.line, count: count))
            size += item.line.count * count
            if count == item.count {
                first += 1
            } else {
                items[first].count -= count
            }
        }
        byteCount -= size
        compact()
        return Self.writtenOut(runs, size: size)
    }

    private static func writtenOut(_ runs: [Item], size: Int) -> [UInt8] {
        // Apart, because the standard library writes into the storage that all empty arrays share: no harm, but a race.
        guard size > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, initializedCount in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            var end = 0
            for run in runs {
                let start = end
                let total = run.line.count * run.count
                UnsafeMutableRawBufferPointer(rebasing: bytes[start...]).copyBytes(from: run.line)
                end += run.line.count
                // Equal lines by doubling what is there: a copy of many bytes costs little more than one of few.
                while end - start < total {
                    let length = min(end - start, total - (end - start))
                    let source = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)])
                    UnsafeMutableRawBufferPointer(rebasing: bytes[end...]).copyMemory(from: source)
                    end += length
                }
            }
            initializedCount = end
        }
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
