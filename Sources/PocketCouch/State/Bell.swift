/// What `_db_updates` rings, as a value. As in CouchDB's `_global_changes`, there is one row for each database and type,
/// which moves to the end each time, and news is gathered for a window before it becomes rows.
struct Bell: Sendable {
    enum Kind: String, Sendable {
        case created, updated, deleted
    }

    struct Event: Sendable, Hashable {
        var kind: Kind
        var database: String
    }

    struct Row: Sendable {
        var number: Int
        var event: Event
    }

    /// How many events the journal keeps for the readers of the CouchDB 1 dialect.
    static let journalLimit = 1000

    /// Gathered and not yet rung, each once, by its latest occurrence.
    private(set) var pending: [Event] = []
    /// Events by sequence number less one; nil where the same event came again.
    private var order: [Event?] = []
    private var numbers: [Event: Int] = [:]
    /// The latest events singly, as CouchDB 1 told them.
    private var journal: [Event] = []
    /// How many events there have ever been.
    private(set) var journalEnd = 0

    /// The newest sequence number.
    var updateNumber: Int { order.count }

    mutating func ring(_ event: Event) {
        journal.append(event)
        if journal.count > Self.journalLimit { journal.removeFirst() }
        journalEnd += 1
        gather(event)
        // CouchDB keeps the list of databases in a database of its own, which shows up here [117].
        if event.kind != .updated { gather(Event(kind: .updated, database: "_dbs")) }
    }

    private mutating func gather(_ event: Event) {
        if let place = pending.firstIndex(of: event) { pending.remove(at: place) }
        pending.append(event)
    }

    /// The window is over: what was gathered becomes rows. True if there was anything.
    ///
    /// - Parameter shuffles: CouchDB's order within a window says nothing [260].
    mutating func flush(shuffles: Bool) -> Bool {
        if pending.isEmpty { return false }
        if shuffles { pending.shuffle() }
        for event in pending {
            if let old = numbers[event] { order[old - 1] = nil }
            order.append(event)
            numbers[event] = order.count
        }
        pending.removeAll()
        return true
    }

    /// What was not yet rung is lost, as when the server stops [184, 185].
    mutating func dropPending() {
        pending.removeAll()
    }

    /// Up to `limit` rows after a sequence number, the oldest first.
    func rows(after: Int, limit: Int) -> [Row] {
        var rows: [Row] = []
        var number = max(0, after) + 1
        while number <= order.count, rows.count < limit {
            if let event = order[number - 1] { rows.append(Row(number: number, event: event)) }
            number += 1
        }
        return rows
    }

    /// Up to `limit` rows, the newest first.
    func rowsDescending(limit: Int) -> [Row] {
        Array(rows(after: 0, limit: .max).reversed().prefix(limit))
    }

    /// The single events from the one with this index on, as far as they are still there.
    func events(from index: Int) -> ArraySlice<Event> {
        journal.suffix(max(0, journalEnd - index))
    }
}
