import NIOCore

/// A `_changes` feed on one life of a database.
struct ChangesFeed: Feed {
    private static let batchSize = 256

    private let database: Database
    private let dialect: Dialect
    private var options: FeedOptions
    private let waiter: Waiter
    private let attachment: Attachment
    private let eventLoop: any EventLoop

    private var text: FeedText
    /// The number of the last change that was sent, or passed over.
    private var cursor: Int
    /// A normal feed ends here even if more is written meanwhile.
    private let end: Int
    private var rowCount = 0
    private var hasWaited = false
    private var isFinished = false
    private var lastSent = NIODeadline.now()

    /// - Throws: `bad_request` where `since` is malformed.
    init(
        database: Database,
        state: CouchState,
        dialect: Dialect,
        options: FeedOptions,
        waiter: Waiter,
        eventLoop: any EventLoop
    ) throws(CouchError) {
        self.database = database
        self.dialect = dialect
        self.options = options
        // PouchDB Server gives one row at least.
        if dialect == .pouchDBServer { self.options.limit = max(1, options.limit) }
        self.waiter = waiter
        self.eventLoop = eventLoop
        let waits = options.form != .normal
        if waits { state.count { $0.openFeeds += 1 } }
        database.attach(waiter)
        attachment = Attachment {
            database.detach(waiter)
            if waits { state.count { $0.openFeeds -= 1 } }
        }
        text = FeedText(frame: Self.frame(options.form, dialect))
        let newest = database.read(\.updateNumber)
        end = options.form == .normal ? newest : .max
        switch try Self.position(options.since, in: database.instance, dialect) {
        case .now: cursor = newest
        case .after(let number): cursor = number
        case .elsewhere: cursor = 0
        }
        if options.isDescending { cursor = newest + 1 }
    }

    private static func frame(_ form: FeedOptions.Form, _ dialect: Dialect) -> FeedText.Frame {
        switch form {
        case .continuous: .lines
        case .normal where dialect == .pouchDBServer: .oneLine
        case .normal, .longpoll: .array(separator: dialect.hasIntegerSeqs ? ",\n" : ",\r\n")
        }
    }

    /// Where seqs are integers any of them is accepted, one beyond the end too: it hides the rows before it.
    private static func position(
        _ since: String?,
        in instance: Instance,
        _ dialect: Dialect
    ) throws(CouchError) -> Instance.Position {
        guard let since else { return .after(0) }
        if dialect.hasIntegerSeqs, since != "now" {
            guard let number = Int(since), number >= 0 else { throw .malformedSeq }
            return .after(number)
        }
        guard let position = instance.position(since) else { throw .malformedSeq }
        return position
    }

    mutating func next() async throws -> [ByteBuffer]? {
        while true {
            let chunks = text.take()
            if !chunks.isEmpty {
                lastSent = .now()
                return chunks
            }
            if isFinished { return nil }
            try await advance()
        }
    }

    private mutating func advance() async throws {
        let batch = batch()
        if !batch.isEmpty {
            if hasWaited, !dialect.hasIntegerSeqs { text.blank() }
            hasWaited = false
            for change in batch { append(change) }
            return
        }
        if rowCount >= options.limit || options.isDescending || options.form == .normal
            || options.form == .longpoll && rowCount > 0 || database.isDeleted
        {
            finish()
            return
        }
        if !hasWaited {
            hasWaited = true
            dialect.hasIntegerSeqs ? text.flush() : text.idle()
            return
        }
        let deadline = lastSent + .milliseconds(Int64(options.silence))
        await waiter.wait(until: deadline, on: eventLoop)
        if waiter.isEnded { throw CancellationError() }
        if NIODeadline.now() >= deadline, !database.isDeleted, database.read(\.updateNumber) <= cursor {
            options.hasHeartbeat ? text.blank() : finish()
        }
    }

    private mutating func batch() -> [DatabaseContents.Change] {
        let limit = min(Self.batchSize, options.limit - rowCount)
        if limit <= 0 { return [] }
        let (cursor, end) = (cursor, end)
        if options.isDescending { return database.read { $0.changes(before: cursor, limit: limit) } }
        return database.read { $0.changes(after: cursor, through: end, limit: limit) }
    }

    private mutating func append(_ change: DatabaseContents.Change) {
        // CouchDB counts its limit down, and packs a seq where the interval divides what is left of it [045, 066].
        // Where seqs are integers there is nothing to pack, and nobody knows the parameter.
        let interval = dialect.hasIntegerSeqs ? nil : options.seqInterval
        let isPacked = interval.map { (options.limit - rowCount).isMultiple(of: $0) } ?? true
        text.row(row(change, seq: isPacked ? seq(change.number) : "null"))
        cursor = change.number
        rowCount += 1
    }

    private func row(_ change: DatabaseContents.Change, seq: String) -> [UInt8] {
        guard let winner = change.document.winner else { return [] }
        var bytes: [UInt8] = []
        // PouchDB has its own order of the keys: id, changes, doc, deleted, seq.
        let isPouch = dialect == .pouchDBServer
        bytes.append(contentsOf: (isPouch ? "{\"id\":" : "{\"seq\":\(seq),\"id\":").utf8)
        JSON.write(change.id, to: &bytes)
        bytes.append(contentsOf: ",\"changes\":[".utf8)
        let leaves = options.listsAllLeaves ? change.document.leaves : [winner]
        for (index, leaf) in leaves.enumerated() {
            bytes.append(contentsOf: index == 0 ? "{\"rev\":".utf8 : ",{\"rev\":".utf8)
            JSON.write(leaf.revision.description, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "]"))
        if isPouch {
            appendDocument(change, winner, to: &bytes)
            if winner.isDeleted { bytes.append(contentsOf: ",\"deleted\":true".utf8) }
            bytes.append(contentsOf: ",\"seq\":\(seq)".utf8)
        } else {
            if winner.isDeleted { bytes.append(contentsOf: ",\"deleted\":true".utf8) }
            appendDocument(change, winner, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private func appendDocument(
        _ change: DatabaseContents.Change,
        _ winner: Document.Leaf,
        to bytes: inout [UInt8]
    ) {
        guard options.includesDocuments else { return }
        bytes.append(contentsOf: ",\"doc\":".utf8)
        let conflicts = options.includesConflicts ? change.document.conflicts : []
        winner.write(id: change.id, conflicts: conflicts, to: &bytes)
    }

    private mutating func finish() {
        isFinished = true
        let isCut = rowCount >= options.limit
        // What a normal feed passed over at its end, documents that were written meanwhile, comes after `end`.
        let last = isCut || options.isDescending || end == .max ? cursor : max(cursor, end)
        let pending = database.read { contents in
            options.isDescending ? contents.pending(after: 0, through: last - 1) : contents.pending(after: last)
        }
        text.end(
            lastSeq: seq(min(last, options.isDescending && rowCount == 0 ? last - 1 : last)),
            pending: dialect.hasIntegerSeqs ? nil : isCut || options.isDescending ? pending : 0
        )
    }

    /// As JSON text.
    private func seq(_ number: Int) -> String {
        dialect.hasIntegerSeqs ? String(number) : "\"\(database.instance.seq(number))\""
    }
}
