import TestSupport

@testable import CouchFeed

/// What came of reading a whole feed.
struct Reading: Equatable {
    /// A row with its parts as text.
    struct Row: Equatable {
        var seq: String?
        var id = ""
        var rev: String?
        var isDeleted = false
        var doc: String?
        var isDesignDocument = false
    }

    var items: [ChangeBatch.Item] = []
    var rows: [Row]?
    var seq: Seq?
    var outcome = ChangeReader.Outcome.more
    var isWithinLine = false

    /// Reads `pieces` one after the other, until one of them is the last.
    init(_ pieces: [ArraySlice<UInt8>], form: ChangeReader.Form = .continuous, keepsRows: Bool = false) {
        var reader = ChangeReader(form: form)
        reader.keepsRows = keepsRows
        var batch = ChangeBatch()
        for piece in pieces where outcome == .more {
            // A copy, so that nothing of an earlier piece can be seen in a later one.
            outcome = Array(piece).withUnsafeBytes { reader.read($0, into: &batch) }
        }
        items = batch.items
        rows = batch.rows?.told
        seq = batch.seq
        isWithinLine = reader.isWithinLine
    }

    init(_ text: String, form: ChangeReader.Form = .continuous, keepsRows: Bool = false) {
        self.init([Array(text.utf8)[...]], form: form, keepsRows: keepsRows)
    }

    var isBroken: Bool {
        if case .broken = outcome { true } else { false }
    }

    var tail: FeedTail? {
        if case .ended(let tail) = outcome { tail } else { nil }
    }
}

extension RowBlock {
    var told: [Reading.Row] {
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        return rows.map { row in
            Reading.Row(
                seq: row.seq.map(text),
                id: text(row.id),
                rev: row.rev.map(text),
                isDeleted: row.isDeleted,
                doc: row.doc.map(text),
                isDesignDocument: row.isDesignDocument
            )
        }
    }
}

extension ChangeBatch {
    /// The rows of `text`, a continuous feed.
    init(rows text: String) {
        self.init()
        var reader = ChangeReader()
        reader.keepsRows = true
        _ = Array(text.utf8).withUnsafeBytes { reader.read($0, into: &self) }
    }
}

/// `bytes` in pieces of `size`.
func pieces(_ bytes: [UInt8], of size: Int) -> [ArraySlice<UInt8>] {
    stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
}
