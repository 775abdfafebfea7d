import NIOCore

/// The `_db_updates` of CouchDB 1: single events from now on, without seqs. A longpoll, which is the default, gives one
/// event and ends.
struct EventFeed: Feed {
    private let state: CouchState
    private let options: FeedOptions
    private let waiter: Waiter
    private let attachment: Attachment
    private let eventLoop: any EventLoop

    private var index: Int
    private var isFinished = false
    private var lastSent = NIODeadline.now()

    init(state: CouchState, options: FeedOptions, waiter: Waiter, eventLoop: any EventLoop) {
        self.state = state
        self.options = options
        self.waiter = waiter
        self.eventLoop = eventLoop
        state.count { $0.openBellFeeds += 1 }
        state.attachToBell(waiter, singly: true)
        attachment = Attachment {
            state.detachFromBell(waiter)
            state.count { $0.openBellFeeds -= 1 }
        }
        index = state.readBell(\.journalEnd)
    }

    mutating func next() async throws -> [ByteBuffer]? {
        while !isFinished {
            let start = index
            let (events, end) = state.readBell { ($0.events(from: start), $0.journalEnd) }
            index = end
            if let first = events.first {
                lastSent = .now()
                guard options.form == .continuous else {
                    isFinished = true
                    return [line(first, prefix: "\"ok\":true,", suffix: ""), ByteBuffer(string: "\n")]
                }
                return events.map { line($0, prefix: "", suffix: "\n") }
            }
            let deadline = lastSent + .milliseconds(Int64(options.silence))
            await waiter.wait(until: deadline, on: eventLoop)
            if waiter.isEnded { throw CancellationError() }
            guard NIODeadline.now() >= deadline, state.readBell(\.journalEnd) == index else { continue }
            if !options.hasHeartbeat { isFinished = true }
            lastSent = .now()
            return [ByteBuffer(string: "\n")]
        }
        return nil
    }

    private func line(_ event: Bell.Event, prefix: String, suffix: String) -> ByteBuffer {
        var bytes: [UInt8] = Array("{\(prefix)\"type\":\"\(event.kind.rawValue)\",\"db_name\":".utf8)
        JSON.write(event.database, to: &bytes)
        bytes.append(contentsOf: "}\(suffix)".utf8)
        return ByteBuffer(bytes: bytes)
    }
}
