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
    private var buffer: [UInt8] = []
    private var rowCount = 0
    private var isSilent = true

    init(frame: Frame) {
        self.frame = frame
        switch frame {
        case .array: chunks.append(ByteBuffer(string: "{\"results\":[\n"))
        case .oneLine: buffer.append(contentsOf: "{\"results\":[".utf8)
        case .lines: break
        }
    }

    mutating func row(_ bytes: [UInt8]) {
        var isLine = false
        var separator = ""
        switch frame {
        case .array(let text): separator = text
        case .oneLine: separator = ","
        case .lines: isLine = true
        }
        if rowCount == 0 { separator = "" }
        let length = separator.utf8.count + bytes.count + (isLine ? 1 : 0)
        if !buffer.isEmpty, buffer.count + length > Self.threshold { flush() }
        // An array until it is a chunk: in debug builds, which tests are, each step of a ByteBuffer takes long.
        buffer.append(contentsOf: separator.utf8)
        buffer.append(contentsOf: bytes)
        if isLine { buffer.append(0x0A) }
        rowCount += 1
        isSilent = false
    }

    /// Sends the rows gathered so far.
    mutating func flush() {
        guard !buffer.isEmpty else { return }
        chunks.append(ByteBuffer(bytes: buffer))
        buffer.removeAll(keepingCapacity: true)
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
        case .array: buffer.append(contentsOf: "\n],\n\"last_seq\":\(lastSeq)\(tail)}\n".utf8)
        case .oneLine:
            buffer.append(contentsOf: "],\"last_seq\":\(lastSeq)}\n".utf8)
            flush()
            return
        case .lines: buffer.append(contentsOf: "{\"last_seq\":\(lastSeq)\(tail)}\n".utf8)
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
