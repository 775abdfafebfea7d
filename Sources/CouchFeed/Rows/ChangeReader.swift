import Glibc

/// Cuts the bytes of a continuous `_changes` feed into lines, wherever the
/// network cut them, and gathers the changes.
///
/// A line ends with `\n` and nothing else (ids may hold U+2028 and the like);
/// blank ones are heartbeats, or precede a batch. A half line waits for its
/// rest. Whole lines in the middle of a piece are read in place.
struct ChangeReader {
    enum Outcome: Equatable {
        case more
        /// The server has said its last line.
        case ended
        /// This is no feed, or no longer one: nothing behind the last whole row counts.
        case broken(String)
    }

    /// Longer lines are taken for garbage: a CouchDB allows documents of 8 MB unless it is told otherwise.
    static let maximumLineLength = 64 << 20

    private var half: [UInt8] = []
    private var outcome = Outcome.more
    /// How many lines were rows or blank ones: what a feed is made of.
    private(set) var soundLineCount = 0

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
        switch FeedLine(line) {
        case .change(let row):
            soundLineCount += 1
            let id = UnsafeRawBufferPointer(rebasing: line[row.id.range])
            if let designDocument = Self.designDocumentID(id, hasEscapes: row.id.hasEscapes) {
                batch.appendDocuments(documents)
                documents = 0
                batch.appendDesignDocument(id: designDocument)
            } else {
                documents += 1
            }
            if let range = row.seq { seq = UnsafeRawBufferPointer(rebasing: line[range]) }
        case .end: outcome = .ended
        case .error(let error): outcome = .broken("the server said: \(error)")
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
