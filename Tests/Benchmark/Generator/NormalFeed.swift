/// The rows of normal feeds, rendered once, with which any answer to one is put together: as every database counts its
/// rows from 1, they are the same in all of them.
struct NormalRows {
    /// Row after row, each as `{"seq":"...","id":...}`.
    private var bytes: [UInt8] = []
    /// Where each ends; the first is the end of none.
    private var ends = [0]

    /// What stands behind the seq is as long in all rows; the revision has 32 digits.
    private static let tail = #","id":"doc-00000001","changes":[{"rev":"1-"}]}"#.utf8.count + 32
    private static let withoutSeq = Array(#"{"seq":null"#.utf8)

    init(count: Int) {
        var writer = RowWriter()
        bytes.reserveCapacity(count * 235)
        ends.reserveCapacity(count + 1)
        for number in stride(from: 1, through: count, by: 1) {
            writer.append(row: number, to: &bytes)
            ends.append(bytes.count)
        }
    }

    /// Appends row `number`, with its seq or without it. One that was not rendered is now, which takes longer.
    func append(_ number: Int, withSeq: Bool, to text: inout [UInt8]) {
        guard number < ends.count else {
            var row: [UInt8] = []
            var writer = RowWriter()
            writer.append(row: number, to: &row)
            return append(row[...], withSeq: withSeq, to: &text)
        }
        append(bytes[ends[number - 1]..<ends[number]], withSeq: withSeq, to: &text)
    }

    private func append(_ row: ArraySlice<UInt8>, withSeq: Bool, to text: inout [UInt8]) {
        if withSeq {
            text.append(contentsOf: row)
        } else {
            text.append(contentsOf: Self.withoutSeq)
            text.append(contentsOf: row.suffix(Self.tail))
        }
    }
}

/// An answer to a normal `_changes` that has begun: its body, chunk by chunk, as CouchDB 3.5 writes it.
struct NormalFeed {
    private var number: Int
    private var last: Int
    private let total: Int
    private var isFirst = true
    /// As the server counts down; a row has its seq where the interval divides what is left.
    private var left: Int
    private let interval: Int
    /// Rows a second, if it does not send them as fast as it can.
    private let pace: Int?
    private let began: Int
    private var sent = 0

    /// What the server begins to count down from where no limit is asked for.
    private static let noLimit = 1_000_000_000_000_000

    /// - Parameters:
    ///   - start: The row behind which it begins.
    ///   - total: How many rows the database has.
    init(_ query: [String: String], behind start: Int, total: Int, pace: Int?) {
        left = query["limit"].flatMap { Int($0) } ?? Self.noLimit
        interval = max(query["seq_interval"].flatMap { Int($0) } ?? 1, 1)
        number = start + 1
        last = left < total - start ? start + left : total
        self.total = total
        self.pace = pace
        began = monotonicNanoseconds()
    }

    static let beginning = chunk(#"{"results":["# + "\n")

    /// How far it is behind its pace.
    private func due(at now: Int) -> Int {
        guard let pace else { return .max }
        return (now - began) * pace / 1_000_000_000 - sent
    }

    /// Appends what comes next and is due, a few chunks at a time. `false` where that was the end.
    mutating func fill(_ wire: inout [UInt8], from rows: NormalRows) -> Bool {
        var due = due(at: monotonicNanoseconds())
        var text: [UInt8] = []
        text.reserveCapacity(2 * RowWriter.chunkSize)
        for _ in 0..<32 where number <= last && due > 0 {
            text.removeAll(keepingCapacity: true)
            while number <= last, text.count < RowWriter.chunkSize {
                if !isFirst { text.append(contentsOf: ",\r\n".utf8) }
                isFirst = false
                rows.append(number, withSeq: left % interval == 0, to: &text)
                number += 1
                left -= 1
                sent += 1
                due -= 1
            }
            RowWriter.append(chunk: text, to: &wire)
        }
        guard number > last else { return true }
        let seq = RowWriter.quotedSeq(last)
        wire += Self.chunk("\n],\n\"last_seq\":\(seq),\"pending\":\(total - last)}\n") + Answers.lastChunks
        return false
    }

    private static func chunk(_ text: String) -> [UInt8] {
        var wire: [UInt8] = []
        RowWriter.append(chunk: Array(text.utf8), to: &wire)
        return wire
    }
}
