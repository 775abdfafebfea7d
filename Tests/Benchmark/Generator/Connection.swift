import Glibc

/// One connection to the generator: what has come, what is to go.
final class Connection {
    /// An answer to `_changes` that has begun.
    struct Feed {
        var database: Int
        /// What of the rendered rows is still to be sent.
        var rows: Range<Int>
        /// What follows the rows at once; `nil` for a feed that stays open.
        var end: [UInt8]?
        var heartbeat: Int
        /// When to send a sign of life, in monotonic nanoseconds.
        var nextHeartbeat: Int
    }

    let descriptor: CInt
    var received: [UInt8] = []
    var feed: Feed?
    var normal: NormalFeed?
    private var outgoing: [UInt8] = []
    private var sent = 0

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// An open feed that has nothing left to send.
    var isIdleFeed: Bool {
        guard let feed else { return false }
        return feed.end == nil && feed.rows.isEmpty && outgoing.isEmpty
    }

    func enqueue(_ bytes: [UInt8]) {
        outgoing.append(contentsOf: bytes)
    }

    var isBusy: Bool { feed != nil || normal != nil }

    /// Takes in what has come. `false` when the other side is gone.
    func receive() -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 1) { buffer in
            while true {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count > 0 {
                    received.append(contentsOf: buffer[..<count])
                } else if count == 0 {
                    return false
                } else if errno != EINTR {
                    return errno == EAGAIN
                }
            }
        }
    }

    /// Sends until the socket takes no more or nothing is left. `false` when the other side is gone.
    func send(from wire: UnsafeRawBufferPointer, _ rows: NormalRows) -> Bool {
        while true {
            while sent < outgoing.count {
                let count = outgoing.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
                guard count >= 0 else { return errno == EAGAIN }
                sent += count
            }
            outgoing.removeAll(keepingCapacity: true)
            sent = 0
            if normal != nil {
                if normal?.fill(&outgoing, from: rows) == false { normal = nil }
                // Nothing is due yet.
                if outgoing.isEmpty { return true }
                continue
            }
            while let rows = feed?.rows, !rows.isEmpty {
                let count = send(UnsafeRawBufferPointer(rebasing: wire[rows]))
                guard count >= 0 else { return errno == EAGAIN }
                feed?.rows = (rows.lowerBound + count)..<rows.upperBound
            }
            guard let end = feed?.end else { return true }
            enqueue(end)
            feed = nil
        }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
            if count >= 0 || errno != EINTR { return count }
        }
    }
}
