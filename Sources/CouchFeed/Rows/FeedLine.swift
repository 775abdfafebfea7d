/// What the last line of a feed tells.
struct FeedTail: Sendable, Equatable {
    /// Up to where the feed has come.
    var lastSeq: Seq?
    /// How many changes come behind it; not every server counts them.
    var pending: Int?
}

/// What one line of a `_changes` feed says. Ranges are of the line.
enum FeedLine {
    case change(Row)
    /// `{"last_seq":...,"pending":...}`: the server ends the feed in order.
    case end(FeedTail)
    /// `{"error":...,"reason":...}`: the server has failed in mid-feed.
    case error(String)
    case broken(why: String)

    struct Row {
        /// JSON text; `nil` where the server left it out (`null`, under `seq_interval`).
        var seq: Range<Int>?
        var id: JSONScanner.Text
        /// What follows is only looked for where it is wanted. Within its quotes.
        var rev: Range<Int>?
        var isDeleted = false
        /// JSON text; `nil` if there is none, or `null`.
        var doc: Range<Int>?
    }

    /// Reads a line that is not blank, without its line end.
    /// - Parameter isWhole: Whether all of a row is wanted, not only its seq and id.
    init(_ line: UnsafeRawBufferPointer, isWhole wantsAll: Bool = false) {
        var scanner = JSONScanner(line)
        var row = PartialRow(wantsAll: wantsAll)
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
            self = .change(Row(seq: row.seq, id: id, rev: row.rev, isDeleted: row.isDeleted, doc: row.doc))
        } else if let end = row.end {
            self = .end(end)
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
    var rev: Range<Int>?
    var isDeleted = false
    var doc: Range<Int>?
    var end: FeedTail?
    var error: JSONScanner.Text?
    private let wantsAll: Bool

    init(wantsAll: Bool) {
        self.wantsAll = wantsAll
    }

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
        if wantsAll {
            if name.equals("changes") { return readRevisions(&scanner) }
            if name.equals("deleted") {
                guard let range = scanner.value() else { return false }
                isDeleted = scanner.bytes[range.lowerBound] == UInt8(ascii: "t")
                return true
            }
            if name.equals("doc") {
                guard let range = scanner.value() else { return false }
                doc = scanner.bytes[range.lowerBound] == UInt8(ascii: "n") ? nil : range
                return true
            }
        }
        guard let range = scanner.value() else { return false }
        if name.equals("last_seq") {
            end = FeedTail(lastSeq: Seq(json: scanner.bytes[range]), pending: end?.pending)
        } else if name.equals("pending"), let end {
            self.end = FeedTail(
                lastSeq: end.lastSeq,
                pending: Int(String(decoding: scanner.bytes[range], as: UTF8.self))
            )
        }
        return true
    }

    /// `[{"rev":"..."}]`: of several leaves the first is the winner.
    private mutating func readRevisions(_ scanner: inout JSONScanner) -> Bool {
        var first: Range<Int>?
        let isWhole = scanner.elements { scanner in
            scanner.members { scanner, name in
                guard name.equals("rev"), first == nil, let rev = scanner.string() else {
                    return scanner.value() != nil
                }
                first = rev.range
                return true
            }
        }
        rev = first
        return isWhole
    }
}
