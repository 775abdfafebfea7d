import CouchFeed

/// What waits to be merged for one notifier: a set instead of a queue, so that
/// it is bounded by the number of databases and design documents. The news is
/// never lost, only merged.
struct PendingNotices {
    typealias Instant = ContinuousClock.Instant

    struct Notice: Equatable {
        var line: [UInt8]
        /// Where the cursor moves once it is delivered.
        var mark: Mark?
    }

    /// What is new in one database: at most one line of each kind, one `ddoc_updated` a design document.
    private struct Database {
        /// The life of which the notifier knows has ended.
        var deleted: Notice?
        /// A life of which it does not know has begun.
        var created: Notice?
        var updated: [UInt8]?
        var designDocuments: [[UInt8]] = []
        var knownDesignDocuments: Set<[UInt8]> = []
        /// How far all of this reaches.
        var mark: Mark?
        var since: Instant
        /// When it is held back no longer.
        var due: Instant?
        var changes = 0
        /// Tells it from one that was pending under the same name before.
        var number = 0

        var isEmpty: Bool { deleted == nil && created == nil && updated == nil && designDocuments.isEmpty }

        mutating func forgetLife() {
            created = nil
            updated = nil
            designDocuments = []
            knownDesignDocuments = []
        }

        /// In the order in which they are true: the old life's end, the new one's beginning, what is in it.
        var notices: [Notice] {
            let changes = [updated].compactMap(\.self) + designDocuments
            var notices = [deleted, created].compactMap(\.self) + changes.map { Notice(line: $0) }
            if let mark { notices[notices.count - 1].mark = mark }
            return notices
        }
    }

    private let debounce: Debounce?
    private var databases: [String: Database] = [:]
    /// The databases by when they became pending; those that were taken since are passed over.
    private var order = NameQueue()
    /// Those in which there were so many changes that they wait no longer.
    private var ripe = NameQueue()
    private var nextNumber = 0
    private var isReleased = false

    /// - Parameter debounce: How long they are held back; not at all, by default.
    init(debounce: Debounce? = nil) {
        self.debounce = debounce
    }

    var isEmpty: Bool { databases.isEmpty }
    var databaseCount: Int { databases.count }
    /// How many lines it would make.
    var lineCount: Int { databases.values.reduce(0) { $0 + $1.notices.count } }

    mutating func created(_ database: String, line: [UInt8], mark: Mark?, at now: Instant) {
        merge(into: database, mark, now) { $0.created = Notice(line: line, mark: mark) }
    }

    /// A life that began and ended while it was merged leaves nothing, its `created` included.
    ///
    /// - Returns: The mark, where nothing is left to wait for.
    mutating func deleted(_ database: String, line: [UInt8], mark: Mark?, at now: Instant) -> Mark? {
        merge(into: database, mark, now) { pending in
            let wasToldOfThisLife = pending.created == nil
            pending.forgetLife()
            if wasToldOfThisLife { pending.deleted = Notice(line: line, mark: mark) }
        }
        return databases[database] == nil ? mark : nil
    }

    mutating func updated(_ database: String, line: [UInt8], count: Int, mark: Mark?, at now: Instant) {
        merge(into: database, mark, now) { pending in
            pending.updated = line
            pending.changes += count
        }
    }

    mutating func designDocumentUpdated(_ database: String, line: [UInt8], mark: Mark?, at now: Instant) {
        merge(into: database, mark, now) { pending in
            if pending.knownDesignDocuments.insert(line).inserted { pending.designDocuments.append(line) }
        }
    }

    /// Moves the mark of a database of which something waits; false if nothing does.
    mutating func move(_ mark: Mark) -> Bool {
        guard databases[mark.database] != nil else { return false }
        databases[mark.database]?.mark = mark
        return true
    }

    /// Takes the notices of the database that has waited longest, if it has waited long enough.
    mutating func popFirst(at now: Instant) -> [Notice]? {
        if let name = first(in: &ripe) { return databases.removeValue(forKey: name)?.notices }
        guard let name = first(in: &order) else { return nil }
        if let due = databases[name]?.due, due > now, !isReleased { return nil }
        return databases.removeValue(forKey: name)?.notices
    }

    /// Since when the first of them waits.
    mutating func oldest() -> Instant? {
        first(in: &order).flatMap { databases[$0]?.since }
    }

    /// Whether ``popFirst(at:)`` would give something.
    mutating func hasDue(at now: Instant) -> Bool {
        if first(in: &ripe) != nil { return true }
        guard let name = first(in: &order) else { return false }
        return isReleased || databases[name]?.due.map { $0 <= now } ?? true
    }

    /// When the first of them is held back no longer; `nil` if none is held back.
    mutating func nextDue() -> Instant? {
        first(in: &order).flatMap { databases[$0]?.due }
    }

    /// The first that is still pending.
    private func first(in queue: inout NameQueue) -> String? {
        while let (name, number) = queue.first {
            if databases[name]?.number == number { return name }
            queue.removeFirst()
        }
        return nil
    }

    /// Nothing is held back any more.
    mutating func release() {
        isReleased = true
    }

    private mutating func merge(
        into database: String,
        _ mark: Mark?,
        _ now: Instant,
        _ change: (inout Database) -> Void
    ) {
        // Taken out and put back, so that it is changed in place.
        var pending = databases.removeValue(forKey: database) ?? begin(database, now)
        let wasRipe = isRipe(pending)
        change(&pending)
        pending.mark = mark ?? pending.mark
        guard !pending.isEmpty else { return order.remove(pending.number) }
        if isRipe(pending), !wasRipe { ripe.append(database, pending.number) }
        databases[database] = pending
    }

    private mutating func begin(_ database: String, _ now: Instant) -> Database {
        nextNumber += 1
        order.append(database, nextNumber)
        return Database(since: now, due: debounce.map { now + $0.delay }, number: nextNumber)
    }

    private func isRipe(_ pending: Database) -> Bool {
        debounce?.changes.map { pending.changes >= $0 } ?? false
    }
}

/// Databases in the order in which they came.
private struct NameQueue {
    private var entries: [(name: String, number: Int)] = []
    private var start = 0

    var first: (name: String, number: Int)? { start < entries.count ? entries[start] : nil }

    mutating func append(_ name: String, _ number: Int) {
        entries.append((name, number))
    }

    mutating func removeFirst() {
        start += 1
        if start == entries.count {
            entries.removeAll()
            start = 0
        } else if start > 1024, start * 2 > entries.count {
            entries.removeFirst(start)
            start = 0
        }
    }

    mutating func remove(_ number: Int) {
        if let index = entries[start...].lastIndex(where: { $0.number == number }) { entries.remove(at: index) }
    }
}
