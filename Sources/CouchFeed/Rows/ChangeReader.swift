import Glibc

/// Cuts the bytes of a `_changes` feed into rows, wherever the network cut
/// them, and gathers the changes.
///
/// A line of a continuous feed ends with `\n` and nothing else (ids may hold
/// U+2028 and the like); blank ones are heartbeats, or precede a batch. A half
/// line waits for its rest. Whole lines in the middle of a piece are read in
/// place. How a normal feed is cut, see ``ResultsScanner``.
struct ChangeReader {
    /// What the feed was asked for with.
    enum Form {
        /// `feed=continuous`: a row a line.
        case continuous
        /// `feed=normal`, `feed=longpoll`: one JSON object that holds the rows.
        case normal
    }

    enum Outcome: Equatable {
        case more
        /// The server has said its last line, or all of a normal feed.
        case ended(FeedTail)
        /// This is no feed, or no longer one: nothing behind the last whole row counts.
        case broken(String)
    }

    /// Longer lines are taken for garbage: a CouchDB allows documents of 8 MB unless it is told otherwise.
    static let maximumLineLength = 64 << 20

    let form: Form
    /// Whether batches get their rows one by one (``ChangeBatch/rows``). Counts from the next batch on that is empty.
    var keepsRows = false
    private var half: [UInt8] = []
    private var results = ResultsScanner()
    private var outcome = Outcome.more
    /// How many lines were rows or blank ones: what a feed is made of.
    private(set) var soundLineCount = 0

    init(form: Form = .continuous) {
        self.form = form
    }

    /// Whether something is missing if this is all: the end of the last line, or in a normal feed its tail.
    var isWithinLine: Bool {
        switch form {
        case .continuous: !half.isEmpty
        case .normal: outcome == .more
        }
    }

    /// Reads the next piece. Complete changes go into `batch` also where the outcome is not ``Outcome/more``.
    mutating func read(_ piece: UnsafeRawBufferPointer, into batch: inout ChangeBatch) -> Outcome {
        batch.keepRows(keepsRows)
        switch form {
        case .continuous: readLines(piece, into: &batch)
        case .normal: readResults(piece, into: &batch)
        }
        return outcome
    }

    private mutating func readLines(_ piece: UnsafeRawBufferPointer, into batch: inout ChangeBatch) {
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
    }

    private mutating func readResults(_ piece: UnsafeRawBufferPointer, into batch: inout ChangeBatch) {
        var position = 0
        var documents = 0
        var seq: UnsafeRawBufferPointer?
        reading: while outcome == .more {
            switch results.next(piece, &position) {
            case .row(let range, let row, let details):
                let line = UnsafeRawBufferPointer(rebasing: piece[range])
                take(row, details, of: line, into: &batch, &documents, &seq)
            case .heldRow:
                swap(&half, &results.held)
                readHalf(into: &batch, &documents)
                swap(&half, &results.held)
            case .end(let tail): outcome = .ended(tail)
            case .broken(let why): outcome = .broken("no normal feed: \(why)")
            case .nothing: break reading
            }
        }
        batch.appendDocuments(documents)
        if let seq { batch.take(seq: seq) }
        soundLineCount += results.blankLines
        results.blankLines = 0
    }

    /// Reads the row of which `half` has all, and empties it.
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
        if batch.rows == nil {
            var none = NoDetails()
            take(FeedLine(line, &none), nil, of: line, into: &batch, &documents, &seq)
        } else {
            readWithDetails(line, into: &batch, &documents, &seq)
        }
    }

    /// Never a part of ``read(_:into:_:_:)``, which is kept small for the rows that are only counted.
    @inline(never)
    private mutating func readWithDetails(
        _ line: UnsafeRawBufferPointer,
        into batch: inout ChangeBatch,
        _ documents: inout Int,
        _ seq: inout UnsafeRawBufferPointer?
    ) {
        var details = RowDetails()
        let row = FeedLine(line, &details)
        take(row, details, of: line, into: &batch, &documents, &seq)
    }

    @inline(__always)
    private mutating func take(
        _ row: FeedLine,
        _ details: RowDetails?,
        of line: UnsafeRawBufferPointer,
        into batch: inout ChangeBatch,
        _ documents: inout Int,
        _ seq: inout UnsafeRawBufferPointer?
    ) {
        guard case .change(let row) = row else {
            finish(row, of: line)
            return
        }
        soundLineCount += 1
        let id = UnsafeRawBufferPointer(rebasing: line[row.id.range])
        let designDocument = Self.designDocumentID(id, hasEscapes: row.id.hasEscapes)
        if let designDocument {
            batch.appendDocuments(documents)
            documents = 0
            batch.appendDesignDocument(id: designDocument)
        } else {
            documents += 1
        }
        if let details { batch.rows?.append(row, details, of: line, isDesignDocument: designDocument != nil) }
        if let range = row.seq { seq = UnsafeRawBufferPointer(rebasing: line[range]) }
    }

    /// Takes a line that is no row, and with it the end.
    @inline(never)
    private mutating func finish(_ line: FeedLine, of text: UnsafeRawBufferPointer) {
        switch line {
        case .change: break
        case .end(let lastSeq, let pending):
            // Among the rows of a normal feed it is none.
            guard form == .continuous else {
                outcome = .broken("a row that is none: it has no id")
                return
            }
            var tail = FeedTail()
            tail.take(lastSeq: UnsafeRawBufferPointer(rebasing: text[lastSeq]))
            if let pending { tail.take(pending: UnsafeRawBufferPointer(rebasing: text[pending])) }
            outcome = .ended(tail)
        case .error(let error): outcome = .broken("the server said: \(String(decoding: text[error], as: UTF8.self))")
        case .broken(let why): outcome = .broken("a line that is no row: \(why)")
        }
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
