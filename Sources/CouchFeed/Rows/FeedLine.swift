/// What one line of a continuous `_changes` feed says. Ranges are of the line.
enum FeedLine {
    case change(Row)
    /// `{"last_seq":...,"pending":...}`: the server ends the feed in order.
    case end
    /// `{"error":...,"reason":...}`: the server has failed in mid-feed.
    case error(String)
    case broken(why: String)

    struct Row {
        /// JSON text; `nil` where the server left it out (`null`, under `seq_interval`).
        var seq: Range<Int>?
        var id: JSONScanner.Text
    }

    /// Reads a line that is not blank, without its line end.
    init(_ line: UnsafeRawBufferPointer) {
        var scanner = JSONScanner(line)
        var row = PartialRow()
        let isWhole = scanner.members { scanner, name in row.read(&scanner, name) }
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
        } else if row.isEnd {
            self = .end
        } else if let error = row.error {
            let text = line[error.range.lowerBound..<error.range.upperBound]
            self = .error(String(decoding: text, as: UTF8.self))
        } else {
            self = .broken(why: "it has no id")
        }
    }
}

private struct PartialRow {
    var hasSeq = false
    var seq: Range<Int>?
    var id: JSONScanner.Text?
    var isEnd = false
    var error: JSONScanner.Text?

    mutating func read(_ scanner: inout JSONScanner, _ name: UnsafeRawBufferPointer) -> Bool {
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
        if name.equals("error"), let text = scanner.string() {
            error = text
            return true
        }
        if name.equals("last_seq") { isEnd = true }
        return scanner.value() != nil
    }
}
