import NIOCore

/// A `_db_updates` feed of CouchDB 2 and 3.
struct BellFeed: Feed {
    private let state: CouchState
    private let options: FeedOptions
    private let waiter: Waiter
    private let attachment: Attachment
    private let eventLoop: any EventLoop

    private var text: FeedText
    private var cursor: Int
    private var rowCount = 0
    private var hasBeaten = false
    private var isFinished = false
    private var lastSent = NIODeadline.now()

    /// - Throws: `bad_request` where `since` is malformed.
    init(
        state: CouchState,
        options: FeedOptions,
        waiter: Waiter,
        eventLoop: any EventLoop
    ) throws(CouchError) {
        self.state = state
        self.options = options
        self.waiter = waiter
        self.eventLoop = eventLoop
        let waits = options.form != .normal
        if waits { state.count { $0.openBellFeeds += 1 } }
        state.attachToBell(waiter, singly: false)
        attachment = Attachment {
            state.detachFromBell(waiter)
            if waits { state.count { $0.openBellFeeds -= 1 } }
        }
        text = FeedText(frame: options.form == .continuous ? .lines : .array(separator: ",\r\n"))
        switch state.bellInstance.position(options.since ?? "0") {
        case nil: throw .malformedSeq
        case .now?: cursor = state.readBell(\.updateNumber)
        case .after(let number)?: cursor = number
        case .elsewhere?: cursor = 0
        }
    }

    mutating func next() async throws -> [ByteBuffer]? {
        while true {
            // The opening bracket of a longpoll waits for what follows it [122].
            if isFinished || rowCount > 0 || hasBeaten || options.form == .continuous {
                let chunks = text.take()
                if !chunks.isEmpty {
                    lastSent = .now()
                    return chunks
                }
            }
            if isFinished { return nil }
            try await advance()
        }
    }

    private mutating func advance() async throws {
        let rows = rows()
        for row in rows { append(row) }
        if rowCount >= options.limit || options.form == .normal || options.form == .longpoll && rowCount > 0 {
            finish()
            return
        }
        if !rows.isEmpty { return }
        let deadline = lastSent + .milliseconds(Int64(options.silence))
        await waiter.wait(until: deadline, on: eventLoop)
        if waiter.isEnded { throw CancellationError() }
        guard NIODeadline.now() >= deadline, state.readBell(\.updateNumber) <= cursor else { return }
        if options.hasHeartbeat {
            hasBeaten = true
            text.blank()
        } else {
            finish()
        }
    }

    private func rows() -> [Bell.Row] {
        let limit = options.limit - rowCount
        if options.isDescending { return rowCount == 0 ? state.readBell { $0.rowsDescending(limit: limit) } : [] }
        let cursor = cursor
        return state.readBell { $0.rows(after: cursor, limit: limit) }
    }

    private mutating func append(_ row: Bell.Row) {
        let event = row.event
        var bytes: [UInt8] = Array("{\"db_name\":".utf8)
        JSON.write(event.database, to: &bytes)
        bytes.append(contentsOf: ",\"type\":\"\(event.kind.rawValue)\",\"seq\":\(seq(row.number))}".utf8)
        text.row(bytes)
        text.flush()
        cursor = row.number
        rowCount += 1
    }

    private mutating func finish() {
        isFinished = true
        text.end(lastSeq: seq(cursor), pending: nil)
    }

    private func seq(_ number: Int) -> String {
        "\"\(state.bellInstance.seq(number))\""
    }
}
