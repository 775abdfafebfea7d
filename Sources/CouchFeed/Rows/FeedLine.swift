/// What one row of a `_changes` feed says, or one line of a continuous one. Ranges are of the line; nothing here has
/// memory to be counted, which each row would pay for.
enum FeedLine {
    case change(Row)
    /// `{"last_seq":...,"pending":...}`: the server ends the feed in order.
    case end(lastSeq: Range<Int>, pending: Range<Int>?)
    /// `{"error":...,"reason":...}`: the server has failed in mid-feed.
    case error(Range<Int>)
    case broken(why: StaticString)

    struct Row {
        /// JSON text; `nil` where the server left it out (`null`, under `seq_interval`).
        var seq: Range<Int>?
        var id: JSONScanner.Text
    }

    /// Reads a line that is not blank, without its line end, and shows its other members to `details`.
    init(_ line: UnsafeRawBufferPointer, _ details: inout some MemberReader) {
        var scanner = JSONScanner(line)
        var row = PartialRow()
        let isWhole = scanner.members { scanner, name in row.read(&scanner, name, &details) }
        scanner.skipBlanks()
        guard isWhole, scanner.isAtEnd else {
            self = .broken(why: "it is no JSON object")
            return
        }
        if let id = row.id {
            guard row.hasSeq else {
                self = .broken(why: "it has no seq")
                return
            }
            self = .change(Row(seq: row.seq, id: id))
        } else if let lastSeq = row.lastSeq {
            self = .end(lastSeq: lastSeq, pending: row.pending)
        } else if let error = row.error {
            self = .error(error.range)
        } else {
            self = .broken(why: "it has no id")
        }
    }
}

/// What the server says behind the last row.
struct FeedTail: Equatable {
    /// Where the next request is to go on; `nil` where the server did not say.
    var lastSeq: Seq?
    /// How many changes are behind this end; `nil` where the server does not count them (CouchDB 1.x, PouchDB Server).
    var pending: Int?

    mutating func take(lastSeq text: UnsafeRawBufferPointer) {
        lastSeq = text.equals("null") ? nil : Seq(json: text)
    }

    mutating func take(pending text: UnsafeRawBufferPointer) {
        pending = Int(String(decoding: text, as: UTF8.self))
    }
}

private struct PartialRow {
    var hasSeq = false
    var seq: Range<Int>?
    var id: JSONScanner.Text?
    var lastSeq: Range<Int>?
    var pending: Range<Int>?
    var error: JSONScanner.Text?

    mutating func read(
        _ scanner: inout JSONScanner,
        _ name: UnsafeRawBufferPointer,
        _ details: inout some MemberReader
    ) -> Bool {
        // The two that each row has are told by length and first byte before they are compared.
        if name.count == 3, name.equals("seq") {
            guard let range = scanner.value() else { return false }
            hasSeq = true
            seq = scanner.bytes[range.lowerBound] == UInt8(ascii: "n") ? nil : range
            return true
        }
        if name.count == 2, name.equals("id") {
            id = scanner.string()
            return id != nil
        }
        // Behind its id a row has nothing of these: most rows are spared the comparisons.
        if id == nil, name.equals("error"), let text = scanner.string() {
            error = text
            return true
        }
        guard let range = scanner.value() else { return false }
        details.read(name, scanner.bytes, range)
        if id == nil {
            if name.equals("last_seq") {
                lastSeq = range
            } else if name.equals("pending") {
                pending = range
            }
        }
        return true
    }
}
