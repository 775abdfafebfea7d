import TestSupport
import Testing

@testable import CouchFeed

/// A second opinion, as plain as can be: rows are lines that begin with a seq, their parts found by searching.
private struct Expected {
    var count = 0
    var designDocuments: [String] = []
    var lastSeq: String?
    var tail: FeedTail?

    init(_ body: [UInt8]) {
        let wholeLines = body[..<(body.lastIndex(of: 0x0A) ?? 0)]
        for line in wholeLines.split(separator: 0x0A) {
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix(#"{"last_seq":"#) {
                let parts = text.dropFirst(12).dropLast().split(separator: #","pending":"#)
                tail = FeedTail(lastSeq: Seq(json: parts[0].utf8), pending: parts.count > 1 ? Int(parts[1]) : nil)
                return
            }
            guard text.hasPrefix(#"{"seq":"#), let idStart = text.firstRange(of: #","id":""#) else { return }
            count += 1
            let seq = String(text[text.index(text.startIndex, offsetBy: 7)..<idStart.lowerBound])
            if seq != "null" { lastSeq = seq }
            let rest = text[idStart.upperBound...]
            if rest.hasPrefix("_design/"), let end = rest.firstRange(of: #"","changes":"#) {
                designDocuments.append("\"\(rest[..<end.lowerBound])\"")
            }
        }
    }
}

@Suite("Rows, cut anywhere")
struct ChangeReaderTests {
    /// All recorded answers of continuous `_changes` feeds that were kept whole.
    static let recordings: [Recording] = try! Recording.all().filter { recording in
        // A recording that cannot be read is a broken checkout, and then nothing here means anything.
        recording.target.contains("/_changes") && recording.target.contains("feed=continuous")
            && recording.answer.status == 200 && !recording.isShortened
    }

    @Test("There are recordings to read")
    func haveRecordings() {
        #expect(Self.recordings.count >= 20)
    }

    @Test("Every recorded feed gives the rows that it has, however it is cut", arguments: recordings)
    fileprivate func recorded(recording: Recording) {
        let body = recording.body
        let expected = Expected(body)
        let whole = Reading([body[...]])
        let rows = whole.items.reduce(0) { count, item in
            if case .documents(let more) = item { count + more } else { count + 1 }
        }
        let designDocuments = whole.items.compactMap { item in
            if case .designDocument(let id) = item { String(decoding: id, as: UTF8.self) } else { nil as String? }
        }
        #expect(rows == expected.count)
        #expect(designDocuments == expected.designDocuments)
        #expect(whole.seq == expected.lastSeq.map { Seq(json: $0.utf8) })
        #expect(whole.tail == expected.tail)
        #expect(whole.rows == nil)
        var rowByRow = Reading([body[...]], keepsRows: true)
        #expect(rowByRow.rows?.count == expected.count)
        #expect(rowByRow.rows?.last { $0.seq != nil }?.seq == expected.lastSeq)
        rowByRow.rows = nil
        #expect(rowByRow == whole)

        let sizes = body.count < 20_000 ? [1, 2, 3, 5, 7, 8, 9, 64, 1000] : [1, 1460, 4096]
        for size in sizes {
            #expect(Reading(pieces(body, of: size)) == whole, "in pieces of \(size)")
        }
        guard body.count < 4_000 else { return }
        for cut in 0...body.count {
            #expect(Reading([body[..<cut], body[cut...]]) == whole, "cut at \(cut)")
        }
    }

    @Test("A feed that stops anywhere has given its whole rows and nothing of the half one", arguments: recordings)
    fileprivate func truncated(recording: Recording) {
        let body = recording.body
        guard body.count < 4_000 else { return }
        for end in 0...body.count {
            let lastLineEnd = body[..<end].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            var cut = Reading([body[..<end]])
            // Of a whole tail nothing is missing but its line end.
            #expect(cut.isWithinLine == (end > lastLineEnd && cut.outcome == .more))
            cut.isWithinLine = false
            #expect(cut == Reading([body[..<lastLineEnd]]))
        }
    }

    @Test("The raw error answer that a maintenance mode writes into the stream breaks it, behind its last whole row")
    func rawAnswer() {
        let row = #"{"seq":"1-a","id":"x","changes":[{"rev":"1-b"}]}"#
        let reading = Reading("\(row)\nHTTP/1.1 412 Precondition Failed\r\nCache-Control: must-revalidate\r\n")
        #expect(reading.items == [.documents(1)])
        #expect(reading.seq == Seq(json: #""1-a""#.utf8))
        guard case .broken = reading.outcome else { return #expect(Bool(false), "not broken") }
    }

    @Test(
        "What is no row ends the feed",
        arguments: [
            "garbage\n", "<html>\n", "{}\n", "[]\n", #"{"id":"x","changes":[]}"# + "\n",
            #"{"seq":"1-a","changes":[]}"# + "\n", #"{"seq":"1-a","id":17}"# + "\n",
            #"{"seq":"1-a","id":"x"} x"# + "\n",
            #"{"seq":"1-a","id":"x""# + "\n", "\u{0}\u{1}\u{2}\n", #"{"error":"timeout","reason":"x"}"# + "\n",
        ]
    )
    func garbage(text: String) {
        let reading = Reading(text)
        #expect(reading.items.isEmpty)
        guard case .broken = reading.outcome else { return #expect(Bool(false), "taken for a row: \(text)") }
    }

    @Test("Blank lines are heartbeats")
    func heartbeats() {
        #expect(Reading("\n\n\r\n\n") == Reading(""))
    }

    @Test("Only rows and blank lines are signs of a feed")
    func soundLines() {
        var reader = ChangeReader()
        var batch = ChangeBatch()
        func read(_ text: String) -> Int {
            _ = Array(text.utf8).withUnsafeBytes { reader.read($0, into: &batch) }
            return reader.soundLineCount
        }
        #expect(read("\n") == 1)
        #expect(read(#"{"seq":1,"id":"x"}"#) == 1)
        #expect(reader.isWithinLine)
        #expect(read("\n") == 2)
        #expect(!reader.isWithinLine)
        #expect(read("<html>") == 2)
        #expect(read("\n\n") == 2)
    }

    @Test("A null seq moves no position", arguments: [#"{"seq":null,"id":"y"}"#, #"{"id":"y", "seq": null }"#])
    func nullSeq(row: String) {
        let reading = Reading(#"{"seq":"1-a","id":"x"}"# + "\n" + row + "\n")
        #expect(reading.items == [.documents(2)])
        #expect(reading.seq == Seq(json: #""1-a""#.utf8))
    }

    @Test("The order of the keys does not matter, nor do strange values around them")
    func keyOrder() {
        let row =
            #"{"changes":[{"rev":"1-\"]}"}],"doc":{"seq":"no","id":"no","a":[1,{"b":"}"}]},"id":"x","seq":[1,"a"]}"#
        let reading = Reading(row + "\n")
        #expect(reading.items == [.documents(1)])
        #expect(reading.seq == Seq(json: #"[1,"a"]"#.utf8))
    }

    @Test("Design documents are known by their id, however it is escaped, deleted ones too")
    func designDocuments() {
        let rows = [
            #"{"seq":1,"id":"a"}"#, #"{"seq":2,"id":"_design/x","deleted":true}"#, #"{"seq":3,"id":"_design\/\u0079"}"#,
            #"{"seq":4,"id":"\u005fdesign/z\n"}"#, #"{"seq":5,"id":"_local/x"}"#, #"{"seq":6,"id":"_designer"}"#,
        ]
        let reading = Reading(rows.map { $0 + "\n" }.joined())
        #expect(
            reading.items == [
                .documents(1), .designDocument(id: Array(#""_design/x""#.utf8)),
                .designDocument(id: Array(#""_design/y""#.utf8)), .designDocument(id: Array(#""_design/z\n""#.utf8)),
                .documents(2),
            ]
        )
    }

    @Test("A row of megabytes in pieces of kilobytes is one row")
    func longRow() {
        let row =
            #"{"seq":"1-a","id":"x","doc":{"text":""# + String(repeating: "lorem \\\" ", count: 300_000) + "\"}}\n"
        #expect(Reading(pieces(Array(row.utf8), of: 16_384)).items == [.documents(1)])
    }

    @Test("Random damage is never more than a broken feed", arguments: 0..<20)
    func damaged(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let body = try #require(Self.recordings.first { $0.name.hasPrefix("073") }).body
        for _ in 0..<200 {
            var damaged = body
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: damaged[place] = UInt8.random(in: 0...255, using: &random)
                case 1: damaged.remove(at: place)
                default: damaged.insert(contentsOf: body[place...].prefix(7), at: place)
                }
            }
            let whole = Reading([damaged[...]])
            let cut = Int.random(in: 0...damaged.count, using: &random)
            #expect(Reading([damaged[..<cut], damaged[cut...]]) == whole)
        }
    }
}
