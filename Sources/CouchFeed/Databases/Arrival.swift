/// Decides how the followers of a database that has just been found begin in
/// it: what each is told of its life, where its cursor stands, and where the
/// feed that they share begins. A value that knows no I/O.
struct Arrival: Equatable {
    /// Where a follower begins.
    enum Beginning: Equatable {
        /// Where the database stands now; nothing is told of what was.
        case now
        /// Where the database stood when "now" was looked for; that may not have been saved yet.
        case noted(Cursor)
        /// It is told as created, and all of it is read.
        case zero
        /// Where it was served to.
        case resume(Cursor)
        /// It was about to be told of this life when Herald ended: it may know of it or not.
        case announced(Instance)
    }

    struct Start: Equatable {
        var events: [LifeEvent]
        var cursor: Cursor
    }

    let instance: Instance
    /// In the order of the followers.
    let starts: [Start]
    /// Where the shared feed begins.
    let position: Seq

    /// - Parameters:
    ///   - present: The life that was found.
    ///   - updateSeq: Where the database stood when it was found.
    ///   - joinsFeed: Whether others follow it already, so that it is known which life is there.
    init(_ beginnings: [Beginning], present: Instance, updateSeq: Seq, joinsFeed: Bool = false) {
        let instance =
            !joinsFeed && Self.isBehind(beginnings, present, updateSeq)
            ? Instance(startTime: nil, generation: present.generation + 1) : present
        let cursors = beginnings.map { Self.start($0, instance, updateSeq) }
        // Where all begin at one place the feed begins there; else where the database stands, so that it is near the
        // end of all changes, where those who catch up can join it.
        let first = cursors.first?.cursor.seq ?? updateSeq
        let position = cursors.allSatisfy { $0.cursor.seq == first } ? first : updateSeq
        self.instance = instance
        self.position = position
        starts = cursors.map { Start(events: $0.events, cursor: $0.cursor) }
    }

    /// Where a follower begins that joins others in this life. Where seqs are integers, and only there, one that stands
    /// beyond the end of what is there shows that it was told of an earlier life.
    ///
    /// - Parameter feed: Where their feed stands: it may have moved since the database was asked for.
    static func joining(
        _ beginning: Beginning,
        present: Instance,
        updateSeq: Seq,
        feedAt feed: Seq? = nil
    ) -> Beginning {
        switch beginning {
        case .resume(var cursor), .noted(var cursor):
            guard isBehind([beginning], present, updateSeq), cursor.instance?.isSameLife(as: present) ?? false,
                feed.map({ isBehind([beginning], present, $0) }) ?? true
            else { return beginning }
            cursor.instance = Instance(startTime: nil, generation: present.generation - 1)
            return .resume(cursor)
        case .now, .zero, .announced: return beginning
        }
    }

    private static func start(
        _ beginning: Beginning,
        _ present: Instance,
        _ updateSeq: Seq
    ) -> (events: [LifeEvent], cursor: Cursor) {
        switch beginning {
        case .now: return ([], Cursor(instance: present, seq: updateSeq))
        case .zero: return ([.created(present)], Cursor(instance: present, seq: .zero))
        case .announced(let told):
            // Better told twice than never.
            let others: [LifeEvent] = told.isSameLife(as: present) ? [] : [.deleted(told), .created(present)]
            return ([.created(told)] + others, Cursor(instance: present, seq: .zero))
        case .resume(let cursor), .noted(let cursor):
            let events = LifeEvent.between(told: cursor.instance, present: present)
            return (events, Cursor(instance: present, seq: events.isEmpty ? cursor.seq : .zero))
        }
    }

    /// Whether somebody was served beyond the end of what is there: where seqs are integers, and only there, that
    /// shows that the database was created anew (`COUCHDB.md`, "Servers differ").
    private static func isBehind(_ beginnings: [Beginning], _ present: Instance, _ updateSeq: Seq) -> Bool {
        guard present.startTime == nil, let last = updateSeq.integer else { return false }
        return beginnings.contains { beginning in
            switch beginning {
            case .resume(let cursor), .noted(let cursor): cursor.seq.integer.map { last < $0 } ?? false
            case .now, .zero, .announced: false
            }
        }
    }
}
