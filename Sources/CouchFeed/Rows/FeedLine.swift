/// What one row of a `_changes` feed says, or one line of a continuous one. Ranges are of the line.
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
        /// These are only looked for where rows are kept.
        var details = Details()
    }

    /// What a row says beside what every follower needs.
    struct Details {
        /// The first of `changes`, without its quotes; `nil` where there is none.
        var rev: Range<Int>?
        var isDeleted = false
        /// JSON text; `nil` where there is none, or `null`.
        var doc: Range<Int>?
    }

    /// Reads a line that is not blank, without its line end.
    init(_ line: UnsafeRawBufferPointer, wantsDetails: Bool = false) {
        var scanner = JSONScanner(line)
        var row = PartialRow(wantsDetails: wantsDetails)
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
            self = .change(Row(seq: row.seq, id: id, details: row.details))
        } else if row.isEnd {
            self = .end(row.tail)
        } else if let error = row.error {
            let text = line[error.range.lowerBound..<error.range.upperBound]
            self = .error(String(decoding: text, as: UTF8.self))
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

    /// Takes in the member `name`; what is neither of the two is passed over.
    mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if name.equals("last_seq") {
            lastSeq = value.equals("null") ? nil : Seq(json: value)
        } else if name.equals("pending") {
            pending = Int(String(decoding: value, as: UTF8.self))
        }
    }
}

private struct PartialRow {
    let wantsDetails: Bool
    var hasSeq = false
    var seq: Range<Int>?
    var id: JSONScanner.Text?
    var details = FeedLine.Details()
    var isEnd = false
    var tail = FeedTail()
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
        guard let range = scanner.value() else { return false }
        if wantsDetails { readDetail(name, scanner.bytes, range) }
        // A row has neither, so that no time goes on them there.
        if name.first == UInt8(ascii: "l") || name.first == UInt8(ascii: "p") {
            if name.equals("last_seq") { isEnd = true }
            tail.take(name, UnsafeRawBufferPointer(rebasing: scanner.bytes[range]))
        }
        return true
    }

    /// Reads what is a whole value already: what is wrong inside a value is no more wrong for being looked at.
    private mutating func readDetail(
        _ name: UnsafeRawBufferPointer,
        _ bytes: UnsafeRawBufferPointer,
        _ range: Range<Int>
    ) {
        if name.equals("changes") {
            details.rev = Self.firstRev(
                UnsafeRawBufferPointer(rebasing: bytes[..<range.upperBound]),
                from: range.lowerBound
            )
        } else if name.equals("deleted") {
            details.isDeleted = bytes[range.lowerBound] == UInt8(ascii: "t")
        } else if name.equals("doc") {
            details.doc = bytes[range.lowerBound] == UInt8(ascii: "n") ? nil : range
        }
    }

    /// The `rev` of the first element of `[{"rev":"..."}, ...]`.
    private static func firstRev(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int>? {
        var scanner = JSONScanner(bytes, from: start)
        guard scanner.skip(UInt8(ascii: "[")), scanner.skip(UInt8(ascii: "{")) else { return nil }
        repeat {
            guard let name = scanner.string(), scanner.skip(UInt8(ascii: ":")) else { return nil }
            if UnsafeRawBufferPointer(rebasing: bytes[name.range]).equals("rev") { return scanner.string()?.range }
            guard scanner.value() != nil else { return nil }
        } while scanner.skip(UInt8(ascii: ","))
        return nil
    }
}
