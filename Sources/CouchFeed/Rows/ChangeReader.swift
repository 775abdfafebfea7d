import Glibc

/// Cuts the bytes of a `_changes` feed into lines, wherever the network cut
/// them, and gathers the changes.
///
/// A line ends with `\n` and nothing else (ids may hold U+2028 and the like);
/// blank ones are heartbeats, or precede a batch. A half line waits for its
/// rest. Whole lines in the middle of a piece are read in place.
struct ChangeReader {
    enum Outcome: Equatable {
        case more
        /// The server has said its last line, which tells this.
        case ended(FeedTail)
        /// This is no feed, or no longer one: nothing behind the last whole row counts.
        case broken(String)
    }

    /// Longer lines are taken for garbage: a CouchDB allows documents of 8 MB unless it is told otherwise.
    static let maximumLineLength = 64 << 20

    /// How a feed is written (`COUCHDB.md`, "`_changes`").
    enum Form {
        /// A row a line, with no end but the server's.
        case continuous
        /// One JSON object: its rows, then its end.
        case normal
    }

    /// Where in a normal feed it is.
    private enum Part {
        case beginning, rows, end
    }

    /// Whether batches have their rows one by one. To be changed between batches only.
    var keepsRows = false
    private let form: Form
    private var part = Part.beginning
    /// What stands behind the rows of a normal feed.
    private var end: [UInt8] = []
    private var half: [UInt8] = []
    private var outcome = Outcome.more
    /// How many lines were rows or blank ones: what a feed is made of.
    private(set) var soundLineCount = 0

    init(form: Form = .continuous) {
        self.form = form
    }

    /// Whether the last line has not ended yet.
    var isWithinLine: Bool { !half.isEmpty }

    /// Reads the next piece. Complete changes go into `batch` also where the outcome is not ``Outcome/more``.
    mutating func read(_ piece: UnsafeRawBufferPointer, into batch: inout ChangeBatch) -> Outcome {
        var start = 0
        var documents = 0
        var seq: UnsafeRawBufferPointer?
        while outcome == .more, start < piece.count, let end = Self.lineEnd(piece, from: start) {
            if half.isEmpty {
                let line = UnsafeRawBufferPointer(rebasing: piece[start..<end])
                read(line, into: &batch, &documents, &seq)
            } else {
                half.append(contentsOf: piece[start..<end])
                readHalf(into: &batch, &documents)
            }
            start = end + 1
        }
        batch.appendDocuments(documents)
        if let seq { batch.take(seq: seq) }
        if outcome == .more, start < piece.count {
            half.append(contentsOf: piece[start...])
            if half.count > Self.maximumLineLength {
                outcome = .broken("a line of more than \(Self.maximumLineLength >> 20) MB")
            }
        }
        return outcome
    }

    private mutating func readHalf(into batch: inout ChangeBatch, _ documents: inout Int) {
        // Taken out and put back, so that its memory is used again; but not that of a row of megabytes.
        var whole: [UInt8] = []
        swap(&whole, &half)
        defer {
            whole.removeAll(keepingCapacity: whole.count <= 4096)
            swap(&whole, &half)
        }
        whole.withUnsafeBytes { line in
            var seq: UnsafeRawBufferPointer?
            read(line, into: &batch, &documents, &seq)
            // Taken here, since the line does not outlive this call.
            if let seq { batch.take(seq: seq) }
        }
    }

    private mutating func read(
        _ line: UnsafeRawBufferPointer,
        into batch: inout ChangeBatch,
        _ documents: inout Int,
        _ seq: inout UnsafeRawBufferPointer?
    ) {
        guard !Self.isBlank(line) else {
            soundLineCount += 1
            return
        }
        switch form {
        case .continuous: readRow(line, into: &batch, &documents, &seq)
        case .normal: readPart(line, into: &batch, &documents, &seq)
        }
    }

    private mutating func readRow(
        _ line: UnsafeRawBufferPointer,
        into batch: inout ChangeBatch,
        _ documents: inout Int,
        _ seq: inout UnsafeRawBufferPointer?
    ) {
        switch FeedLine(line, isWhole: keepsRows) {
        case .change(let row):
            soundLineCount += 1
            let id = UnsafeRawBufferPointer(rebasing: line[row.id.range])
            if let designDocument = Self.designDocumentID(id, hasEscapes: row.id.hasEscapes) {
                batch.appendDocuments(documents)
                documents = 0
                batch.appendDesignDocument(id: designDocument)
                if keepsRows { batch.gather(row, of: line, isDesignDocument: true) }
            } else {
                documents += 1
                if keepsRows { batch.gather(row, of: line, isDesignDocument: false) }
            }
            if let range = row.seq { seq = UnsafeRawBufferPointer(rebasing: line[range]) }
        case .end(let tail): outcome = .ended(tail)
        case .error(let error): outcome = .broken("the server said: \(error)")
        case .broken(let why): outcome = .broken("a line that is no row: \(why)")
        }
    }

    // MARK: Normal feeds

    private mutating func readPart(
        _ line: UnsafeRawBufferPointer,
        into batch: inout ChangeBatch,
        _ documents: inout Int,
        _ seq: inout UnsafeRawBufferPointer?
    ) {
        let text = Self.trimmed(line)
        switch part {
        case .beginning:
            guard let rest = Self.behind(#"{"results":["#, in: text) else {
                // An error, mostly.
                return readRow(line, into: &batch, &documents, &seq)
            }
            part = .rows
            guard !rest.isEmpty, !readAll(text, into: &batch, &documents, &seq) else { return }
            readPart(rest, into: &batch, &documents, &seq)
        case .rows:
            if let rest = Self.behind("]", in: text) {
                part = .end
                readEnd(rest)
            } else if !text.isEmpty {
                readRow(text, into: &batch, &documents, &seq)
            }
        case .end: readEnd(text)
        }
    }

    /// Reads a whole answer that stands on one line, as PouchDB Server writes it; false if this is none.
    private mutating func readAll(
        _ text: UnsafeRawBufferPointer,
        into batch: inout ChangeBatch,
        _ documents: inout Int,
        _ seq: inout UnsafeRawBufferPointer?
    ) -> Bool {
        var rows: [Range<Int>] = []
        var tail = FeedTail()
        var scanner = JSONScanner(text)
        let isWhole = scanner.members { scanner, name in
            if name.equals("results") {
                return scanner.elements { scanner in
                    guard let row = scanner.value() else { return false }
                    rows.append(row)
                    return true
                }
            }
            guard let range = scanner.value() else { return false }
            if name.equals("last_seq") { tail.lastSeq = Seq(json: scanner.bytes[range]) }
            if name.equals("pending") { tail.pending = Int(String(decoding: scanner.bytes[range], as: UTF8.self)) }
            return true
        }
        guard isWhole, scanner.isAtEnd else { return false }
        for row in rows where outcome == .more {
            readRow(UnsafeRawBufferPointer(rebasing: text[row]), into: &batch, &documents, &seq)
        }
        if outcome == .more { outcome = .ended(tail) }
        return true
    }

    /// Reads a piece of what stands behind the rows: `"last_seq":"...","pending":0}`.
    private mutating func readEnd(_ text: UnsafeRawBufferPointer) {
        end.append(contentsOf: text)
        let line = Array("{".utf8) + end
        line.withUnsafeBytes { bytes in
            if case .end(let tail) = FeedLine(bytes) { outcome = .ended(tail) }
        }
        if end.count > 64 * 1024 { outcome = .broken("there is no end behind the rows") }
    }

    /// Without blanks at its ends, and without the comma behind a row.
    private static func trimmed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, line.count)
        while start < end, line[start] <= 0x20 { start += 1 }
        while end > start, line[end - 1] <= 0x20 { end -= 1 }
        if end > start, line[end - 1] == UInt8(ascii: ",") { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: line[start..<end])
    }

    /// What stands behind `start`, and blanks and a comma; `nil` if the text begins otherwise.
    private static func behind(_ start: StaticString, in text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let count = start.utf8CodeUnitCount
        guard text.count >= count, UnsafeRawBufferPointer(rebasing: text[..<count]).equals(start) else { return nil }
        var rest = trimmed(UnsafeRawBufferPointer(rebasing: text[count...]))
        if rest.first == UInt8(ascii: ",") { rest = trimmed(UnsafeRawBufferPointer(rebasing: rest[1...])) }
        return rest
    }

    /// The id as notices show it, if it is a design document's.
    private static func designDocumentID(_ id: UnsafeRawBufferPointer, hasEscapes: Bool) -> [UInt8]? {
        guard id.first == UInt8(ascii: "_") || (hasEscapes && id.first == UInt8(ascii: "\\")) else { return nil }
        let plain = hasEscapes ? JSONText.unescaped(id) : Array(id)
        guard plain.starts(with: "_design/".utf8) else { return nil }
        var text: [UInt8] = []
        JSONText.append(quoted: plain, to: &text)
        return text
    }

    private static func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
        line.isEmpty || (line.count == 1 && line[0] == 0x0D)
    }

    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, bytes.count - start) else {
            return nil
        }
        return UnsafeRawPointer(found) - base
    }
}

extension ChangeBatch {
    fileprivate mutating func take(seq text: UnsafeRawBufferPointer) {
        if seq == nil {
            seq = Seq(json: text)
        } else {
            seq?.replace(with: text)
        }
    }
}
