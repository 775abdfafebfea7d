import NIOCore

/// The text of a feed and its chunks, as recorded: rows are gathered into chunks of about 1,490 bytes, blank lines are
/// chunks of their own, and the last line shares its chunk with the last rows [035, 051-058].
struct FeedText: Sendable {
    enum Frame: Sendable {
        /// One JSON object with the rows in an array: normal and longpoll feeds.
        case array(separator: String)
        /// The same without a line end in it: PouchDB Server's normal feed.
        case oneLine
        /// A row a line: continuous feeds.
        case lines
    }

    private static let threshold = 1490

    private let frame: Frame
    private var chunks: [ByteBuffer] = []
    private var buffer = ByteBuffer()
    private var rowCount = 0
    private var isSilent = true

    init(frame: Frame) {
        self.frame = frame
        switch frame {
        case .array: chunks.append(ByteBuffer(string: "{\"results\":[\n"))
        case .oneLine: buffer.writeString("{\"results\":[")
        case .lines: break
        }
    }

    mutating func row(_ bytes: [UInt8]) {
        var line = ByteBuffer()
        line.reserveCapacity(bytes.count + 3)
        switch frame {
        case .array(let separator) where rowCount > 0: line.writeString(separator)
        case .oneLine where rowCount > 0: line.writeString(",")
        case .array, .oneLine, .lines: break
        }
        line.writeBytes(bytes)
        if case .lines = frame { line.writeInteger(0x0A as UInt8) }
        if buffer.readableBytes > 0, buffer.readableBytes + line.readableBytes > Self.threshold { flush() }
        buffer.writeBuffer(&line)
        rowCount += 1
        isSilent = false
    }

    /// Sends the rows gathered so far.
    mutating func flush() {
        guard buffer.readableBytes > 0 else { return }
        chunks.append(buffer)
        buffer = ByteBuffer()
    }

    /// A heartbeat, or the blank line that precedes a batch.
    mutating func blank() {
        chunks.append(ByteBuffer(string: "\n"))
        isSilent = false
    }

    /// There is nothing more for now: a feed that has not said anything yet says a blank line.
    mutating func idle() {
        flush()
        if isSilent { blank() }
    }

    /// - Parameters:
    ///   - lastSeq: as JSON text.
    ///   - pending: left out if nil.
    mutating func end(lastSeq: String, pending: Int?) {
        let tail = pending.map { ",\"pending\":\($0)" } ?? ""
        switch frame {
        case .array: buffer.writeString("\n],\n\"last_seq\":\(lastSeq)\(tail)}\n")
        case .oneLine:
            buffer.writeString("],\"last_seq\":\(lastSeq)}\n")
            flush()
            return
        case .lines: buffer.writeString("{\"last_seq\":\(lastSeq)\(tail)}\n")
        }
        flush()
        blank()
    }

    /// The chunks that are ready to be sent; they are forgotten here.
    mutating func take() -> [ByteBuffer] {
        defer { chunks.removeAll() }
        return chunks
    }
}
