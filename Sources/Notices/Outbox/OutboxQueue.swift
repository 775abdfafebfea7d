import CouchFeed

/// What waits to be written to one notifier, in order, with the marks that
/// move its cursors: decides what is queued, what is merged, what is written
/// next, and what has been delivered when it was. Knows no I/O.
///
/// A line is first *handed* to whoever writes it, then *delivered*. What was
/// handed and not delivered can be handed again.
struct OutboxQueue {
    /// What becomes of notices that are to be merged.
    enum Policy: Equatable {
        /// They are merged while more waits than the outbox holds, until that has been written.
        case mergeWhenFull
        /// They are held back and merged.
        case debounce(Debounce)
        /// None is. Whoever fills the outbox is to look at ``OutboxQueue/isFull``.
        case keepAll
    }

    typealias Instant = ContinuousClock.Instant

    private(set) var capacity: Int
    private var policy: Policy
    private var parcels: [Parcel] = []
    /// The first parcel that is not delivered whole, and how many of its lines are.
    private var first = 0
    private var delivered = 0
    /// The parcel, and the line in it, that is handed next.
    private var next = 0
    private var nextLine = 0
    /// What is not delivered yet takes so many bytes.
    private(set) var byteCount = 0
    /// What all lines that were ever delivered were, in bytes.
    private(set) var deliveredByteCount = 0
    /// How many lines were ever delivered.
    private(set) var deliveredCount: UInt64 = 0
    /// How many notices were ever to be merged, and how many lines became of those that are not pending any more.
    private var pendingIn: UInt64 = 0
    private var pendingOut: UInt64 = 0
    /// Lines that were not handed yet.
    private var waitingCount = 0
    private var pending: PendingNotices
    /// Receipts for what had no lines and came behind all lines that wait.
    private var trailing: [String: Mark] = [:]

    /// Runs of equal lines are cut here, so that the marks of a long one come in time.
    private static let longestRun = 4096

    /// - Parameter capacity: In bytes.
    init(capacity: Int, policy: Policy) {
        self.capacity = capacity
        self.policy = policy
        pending = PendingNotices(debounce: policy.debounce)
    }

    /// What comes from now on is treated like this. What is pending by the old policy becomes lines now.
    mutating func change(capacity: Int, policy: Policy, at now: Instant) {
        self.capacity = capacity
        guard self.policy != policy else { return }
        self.policy = policy
        pending.release()
        refill(upTo: .max, at: now)
        pending = PendingNotices(debounce: policy.debounce)
    }

    /// How many notices were merged into others, or into nothing.
    var mergedCount: UInt64 { pendingIn - pendingOut - UInt64(pending.lineCount) }

    /// Whether everything has been delivered.
    var isEmpty: Bool { first == parcels.count && pending.isEmpty }
    /// Whether everything has been handed.
    var isAllHanded: Bool { waitingCount == 0 && pending.isEmpty }
    /// Whether something can be handed now.
    mutating func canHand(at now: Instant) -> Bool {
        waitingCount > 0 || pending.hasDue(at: now)
    }
    var isFull: Bool { byteCount >= capacity }
    /// Whether notices are merged, or the next one would be, because the notifier is behind.
    var isBehind: Bool { policy == .mergeWhenFull && (isFull || !pending.isEmpty) }

    /// Since when the first line waits that is not delivered; `nil` where none does.
    var oldest: Instant? {
        mutating get { first < parcels.count ? parcels[first].since : pending.oldest() }
    }

    // MARK: In

    mutating func created(_ database: String, line: [UInt8], mark: Mark? = nil, at now: Instant) {
        guard mergesNow else { return append(line, 1, mark, now) }
        pendingIn += 1
        pending.created(database, line: line, mark: mark, at: now)
    }

    mutating func deleted(_ database: String, line: [UInt8], mark: Mark? = nil, at now: Instant) {
        guard mergesNow else { return append(line, 1, mark, now) }
        pendingIn += 1
        // What began and ended while it was merged leaves its mark only.
        if let mark = pending.deleted(database, line: line, mark: mark, at: now) { reached(mark) }
    }

    mutating func updated(_ database: String, line: [UInt8], count: Int, mark: Mark? = nil, at now: Instant) {
        guard count > 0 else { return }
        // A long run is cut where the outbox is full, so that it holds what it is meant to hold, and one line more at most.
        let room = policy == .keepAll ? count : max((capacity - byteCount + line.count - 1) / line.count, 0)
        let taken = mergesNow ? 0 : min(count, room)
        if taken > 0 { append(line, taken, taken == count ? mark : nil, now) }
        guard taken < count else { return }
        pendingIn += UInt64(count - taken)
        pending.updated(database, line: line, count: count - taken, mark: mark, at: now)
    }

    mutating func designDocumentUpdated(_ database: String, line: [UInt8], mark: Mark? = nil, at now: Instant) {
        guard mergesNow else { return append(line, 1, mark, now) }
        pendingIn += 1
        pending.designDocumentUpdated(database, line: line, mark: mark, at: now)
    }

    /// Lines that are never merged, with the marks that they bring along and one for their end.
    mutating func append(_ block: LineBlock, mark: Mark?, at now: Instant) {
        append(
            Parcel(lines: .block(block), count: block.count, since: now, mark: mark),
            size: block.bytes.count + block.extraSize
        )
    }

    /// A dead letter that is tried again.
    mutating func append(letter: Int64, line: [UInt8], at now: Instant) {
        append(Parcel(lines: .equal(line), count: 1, since: now), size: line.count)
        parcels[parcels.count - 1].earlier.append(.letter(letter))
    }

    /// Nothing but a mark, which waits for what came before it.
    mutating func reached(_ mark: Mark) {
        if !pending.move(mark) { trailing[mark.database] = mark }
    }

    /// Once something is in the set, all that follows goes there too: else it would overtake.
    private var mergesNow: Bool {
        switch policy {
        case .keepAll: false
        case .mergeWhenFull: isFull || !pending.isEmpty
        case .debounce: true
        }
    }

    private mutating func append(_ line: [UInt8], _ count: Int, _ mark: Mark?, _ now: Instant) {
        let last = parcels.count - 1
        // The same array, mostly: then comparing costs nothing.
        if last >= first, trailing.isEmpty, parcels[last].count + count <= Self.longestRun,
            parcels[last].mark == nil || mark != nil, case .equal(let before) = parcels[last].lines, before == line,
            parcels[last].earlier.isEmpty
        {
            byteCount += line.count * count
            waitingCount += count
            if next > last { (next, nextLine) = (last, parcels[last].count) }
            parcels[last].count += count
            parcels[last].mark = mark ?? parcels[last].mark
        } else {
            append(Parcel(lines: .equal(line), count: count, since: now, mark: mark), size: line.count * count)
        }
    }

    private mutating func append(_ parcel: Parcel, size: Int) {
        var parcel = parcel
        if !trailing.isEmpty {
            if let mark = parcel.mark { trailing[mark.database] = nil }
            parcel.earlier += trailing.values.map { .mark($0) }
            trailing.removeAll()
        }
        byteCount += size + Parcel.overhead
        waitingCount += parcel.count
        parcels.append(parcel)
    }

    // MARK: Out

    /// Hands whole lines: puts them into `bytes`, whose memory is used again, until they are about `limit` bytes, or
    /// `most` lines, or none is left; at least one, if there is one and one may be handed.
    ///
    /// - Returns: How many lines they are.
    mutating func hand(upTo limit: Int, most: Int = .max, into bytes: inout [UInt8], at now: Instant) -> Int {
        bytes.removeAll(keepingCapacity: true)
        guard most > 0 else { return 0 }
        if waitingCount == 0 { refill(upTo: limit, at: now) }
        var lines = 0
        while next < parcels.count, bytes.count < limit, lines < most {
            let count = parcels[next].count(from: nextLine, upTo: limit - bytes.count, most: most - lines)
            switch parcels[next].lines {
            case .equal(let line): bytes.append(line, times: count)
            case .block(let block):
                bytes.append(contentsOf: block.bytes[block.end(of: nextLine - 1)..<block.end(of: nextLine + count - 1)])
            }
            lines += count
            nextLine += count
            if nextLine == parcels[next].count {
                next += 1
                nextLine = 0
            }
        }
        waitingCount -= lines
        return lines
    }

    /// Whether something was handed that is not delivered.
    var isUnderWay: Bool { (first, delivered) != (next, nextLine) }

    /// Of what was handed and is not delivered, the first `most` lines have been delivered, or as many of them as are whole
    /// within the first `bytes`.
    ///
    /// - Returns: What is to be noted, in order; of the marks that are passed within one parcel, the last.
    mutating func deliver(_ most: Int = .max, within bytes: Int = .max) -> [Receipt] {
        var (lines, left) = (0, bytes)
        var receipts: [Receipt] = []
        while lines < most, isUnderWay {
            let parcel = parcels[first]
            let handed = first == next ? nextLine : parcel.count
            let end = delivered + min(handed - delivered, most - lines)
            let passed = parcel.count(from: delivered, to: end, within: left)
            guard passed > 0 else { break }
            let passedBytes = parcel.byteCount(delivered..<(delivered + passed))
            left -= passedBytes
            byteCount -= passedBytes
            deliveredByteCount += passedBytes
            lines += passed
            delivered += passed
            let isWhole = delivered == parcel.count
            if isWhole {
                if case .block(let block) = parcel.lines { byteCount -= block.extraSize }
                byteCount -= Parcel.overhead
                receipts += parcel.earlier
            }
            if let mark = parcel.mark(after: delivered) { receipts.append(.mark(mark)) }
            if isWhole {
                // Its place is kept until there are many, its lines are not.
                parcels[first] = .delivered
                first += 1
                delivered = 0
            }
        }
        guard lines > 0 else { return [] }
        deliveredCount &+= UInt64(lines)
        compact()
        return receipts + takeTrailing()
    }

    /// The marks behind all lines, where no line is left before them.
    mutating func takeTrailing() -> [Receipt] {
        guard first == parcels.count, !trailing.isEmpty else { return [] }
        defer { trailing.removeAll() }
        return trailing.values.map { .mark($0) }
    }

    /// What was handed and not delivered is handed again.
    mutating func stepBack() {
        guard (next, nextLine) != (first, delivered) else { return }
        for index in first..<min(next + 1, parcels.count) {
            let from = index == first ? delivered : 0
            let to = index == next ? nextLine : parcels[index].count
            waitingCount += to - from
        }
        next = first
        nextLine = delivered
    }

    /// The first line that is not delivered, without its line feed; `nil` if there is none.
    var firstLine: [UInt8]? {
        first < parcels.count ? parcels[first].line(delivered).dropLast() : nil
    }

    /// When something that is held back is due; `nil` where nothing is.
    mutating func nextDue() -> Instant? { pending.nextDue() }

    /// Nothing is held back any more.
    mutating func release() {
        pending.release()
    }

    /// The queue has been handed: what was merged behind it comes now.
    private mutating func refill(upTo limit: Int, at now: Instant) {
        var count = 0
        while count < limit, let some = pending.popFirst(at: now) {
            pendingOut += UInt64(some.count)
            for notice in some {
                append(notice.line, 1, notice.mark, now)
                count += notice.line.count
            }
        }
    }

    private mutating func compact() {
        if first == parcels.count {
            parcels.removeAll(keepingCapacity: parcels.count <= 4096)
            (first, next, nextLine) = (0, 0, 0)
        } else if first > 1024, first * 2 > parcels.count {
            parcels.removeFirst(first)
            next -= first
            first = 0
        }
    }
}

extension OutboxQueue.Policy {
    fileprivate var debounce: Debounce? { if case .debounce(let debounce) = self { debounce } else { nil } }
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
