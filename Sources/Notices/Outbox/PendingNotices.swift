/// What waits for a notifier that is behind: a set instead of a queue, so that
/// it is bounded by the number of databases and design documents. The news is
/// never lost, only merged.
struct PendingNotices {
    /// What is new in one database: at most one line of each kind, one `ddoc_updated` a design document.
    private struct Database {
        /// The life of which the notifier knows has ended.
        var deleted: [UInt8]?
        /// A life of which it does not know has begun.
        var created: [UInt8]?
        var updated: [UInt8]?
        var designDocuments: [[UInt8]] = []
        var knownDesignDocuments: Set<[UInt8]> = []

        var isEmpty: Bool { deleted == nil && created == nil && updated == nil && designDocuments.isEmpty }

        mutating func forgetLife() {
            created = nil
            updated = nil
            designDocuments = []
            knownDesignDocuments = []
        }

        /// In the order in which they are true: the old life's end, the new one's beginning, what is in it.
        var lines: [[UInt8]] {
            [deleted, created, updated].compactMap(\.self) + designDocuments
        }
    }

    private var databases: [String: Database] = [:]
    /// The databases by when they became pending; those that were emptied since are passed over.
    private var order: [String] = []
    private var first = 0

    var isEmpty: Bool { databases.isEmpty }
    var databaseCount: Int { databases.count }

    mutating func created(_ database: String, line: [UInt8]) {
        merge(into: database) { $0.created = line }
    }

    /// A life that began and ended while the notifier was behind leaves nothing, its `created` included.
    mutating func deleted(_ database: String, line: [UInt8]) {
        merge(into: database) { pending in
            let wasToldOfThisLife = pending.created == nil
            pending.forgetLife()
            if wasToldOfThisLife { pending.deleted = line }
        }
    }

    mutating func updated(_ database: String, line: [UInt8]) {
        merge(into: database) { $0.updated = line }
    }

    mutating func designDocumentUpdated(_ database: String, line: [UInt8]) {
        merge(into: database) { pending in
            if pending.knownDesignDocuments.insert(line).inserted { pending.designDocuments.append(line) }
        }
    }

    /// Takes the lines of the database that has waited longest; `nil` if none waits.
    mutating func popFirst() -> [[UInt8]]? {
        while first < order.count {
            let name = order[first]
            first += 1
            if first > 1024, first * 2 > order.count {
                order.removeFirst(first)
                first = 0
            }
            if let pending = databases.removeValue(forKey: name) { return pending.lines }
        }
        order.removeAll()
        first = 0
        return nil
    }

    private mutating func merge(into database: String, _ change: (inout Database) -> Void) {
        if databases[database] == nil {
            order.append(database)
        }
        change(&databases[database, default: Database()])
        if databases[database]?.isEmpty ?? false {
            databases[database] = nil
            // Only among those that are still to come: what stands before `first` has been taken already.
            if let index = order[first...].firstIndex(of: database) { order.remove(at: index) }
        }
    }
}
