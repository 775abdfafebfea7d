import TestSupport
import Testing

@testable import CouchFeed
@testable import PocketCouch

/// A second opinion: the whole answer read by another parser, each part written anew as CouchDB writes.
private struct Expected: Equatable {
    var rows: [Reading.Row] = []
    var tail = FeedTail()

    init(_ body: [UInt8]) throws {
        let answer = try JSONParser.parse(body)
        func text(_ json: JSON?) -> String? {
            guard let json, json != .null else { return nil }
            return String(decoding: json.bytes, as: UTF8.self)
        }
        for row in answer["results"]?.elements ?? [] {
            rows.append(
                Reading.Row(
                    seq: text(row["seq"]),
                    id: String(text(row["id"])?.dropFirst().dropLast() ?? ""),
                    rev: row["changes"]?.elements?.first?["rev"]?.text,
                    isDeleted: row["deleted"] == .bool(true),
                    doc: text(row["doc"]),
                    isDesignDocument: row["id"]?.text?.hasPrefix("_design/") == true
                )
            )
        }
        tail.lastSeq = text(answer["last_seq"]).map { Seq(json: $0.utf8) }
        tail.pending = text(answer["pending"]).flatMap { Int($0) }
    }
}

@Suite("A normal feed, cut anywhere")
struct NormalFeedTests {
    /// All recorded whole answers of normal and longpoll `_changes` feeds.
    static let recordings: [Recording] = try! Recording.all().filter { recording in
        // A recording that cannot be read is a broken checkout, and then nothing here means anything.
        recording.target.contains("/_changes") && recording.method != "HEAD" && recording.answer.status == 200
            && !recording.target.contains("feed=continuous") && !recording.target.contains("feed=eventsource")
            && !recording.isShortened && recording.ending == .complete
    }

    @Test("There are recordings to read, with deleted rows, null seqs, documents, odd ids and changes left behind")
    func haveRecordings() throws {
        let all = try Self.recordings.map { try Expected($0.body) }
        #expect(all.count >= 30)
        let rows = all.flatMap(\.rows)
        #expect(rows.contains { $0.isDeleted })
        #expect(rows.contains { $0.seq == nil })
        #expect(rows.contains { $0.isDesignDocument })
        #expect(rows.contains { $0.id.contains("\u{2028}") })
        #expect(rows.contains { $0.id.contains("\\\"") })
        #expect(rows.contains { $0.doc?.contains(#""big":123456789012345678901234567890"#) == true })
        #expect(all.contains { $0.tail.pending ?? 0 > 0 })
    }

    @Test("Every recorded answer gives its rows, byte for byte, and its tail, however it is cut", arguments: recordings)
    func recorded(recording: Recording) throws {
        let body = recording.body
        let expected = try Expected(body)
        let whole = Reading([body[...]], form: .normal, keepsRows: true)
        #expect(whole.rows == expected.rows)
        #expect(whole.tail == expected.tail)
        #expect(whole.seq == expected.rows.last { $0.seq != nil }?.seq.map { Seq(json: $0.utf8) })
        #expect(!whole.isWithinLine)
        var counted = whole
        counted.rows = nil
        #expect(Reading([body[...]], form: .normal) == counted)
        for size in body.count < 20_000 ? [1, 2, 3, 7, 64, 1000] : [1, 1460, 4096] {
            #expect(Reading(pieces(body, of: size), form: .normal, keepsRows: true) == whole, "in pieces of \(size)")
        }
        guard body.count < 3_000 else { return }
        for cut in 0...body.count {
            #expect(
                Reading([body[..<cut], body[cut...]], form: .normal, keepsRows: true) == whole,
                "cut at \(cut)"
            )
        }
    }

    @Test("An answer that stops before its end is cut, and has given whole rows only", arguments: recordings)
    func truncated(recording: Recording) throws {
        let body = recording.body
        guard body.count < 3_000 else { return }
        let expected = try Expected(body)
        let end = try #require(body.lastIndex(of: UInt8(ascii: "}")))
        for length in 0...end {
            let reading = Reading([body[..<length]], form: .normal, keepsRows: true)
            #expect(reading.outcome == .more)
            #expect(reading.isWithinLine)
            #expect(reading.rows.map { expected.rows.starts(with: $0) } == true)
        }
    }

    @Test(
        "Any blanks, one line, any order of the keys, any kind of seq",
        arguments: [
            #"{"results":[{"seq":1,"id":"a","changes":[{"rev":"1-x"}]},{"seq":2,"id":"b","changes":[{"rev":"1-y"}]}],"last_seq":2}"#,
            "{\"results\":[\n{\"seq\":1,\"id\":\"a\",\"changes\":[{\"rev\":\"1-x\"}]},\n"
                + "{\"seq\":2,\"id\":\"b\",\"changes\":[{\"rev\":\"1-y\"}]}\n],\n\"last_seq\":2}\n",
            "{\"results\":[{\"seq\":1,\"id\":\"a\",\"changes\":[{\"rev\":\"1-x\"}]},\n"
                + "{\"changes\":[{\"rev\":\"1-y\"}],\"id\":\"b\",\"seq\":2}\r\n],\"last_seq\":2}",
            "\n\n { \"last_seq\" : 2 ,\t\"status\":{\"a\":[1]},\r\n \"results\" :\n[ \n\n\n { \"seq\" : 1 ,\n\"id\":\"a\", "
                + "\"changes\"\n: [\n{\"rev\": \"1-x\"} ]\n}\n\n ,\n\n{\"id\":\"b\",\"seq\":2,\"changes\":[{\"rev\":\"1-y\"}]}"
                + "  ]\n}\n",
        ]
    )
    func forms(text: String) {
        let whole = Reading(text, form: .normal, keepsRows: true)
        #expect(
            whole.rows == [
                Reading.Row(seq: "1", id: "a", rev: "1-x"), Reading.Row(seq: "2", id: "b", rev: "1-y"),
            ]
        )
        #expect(whole.tail == FeedTail(lastSeq: Seq(json: "2".utf8), pending: nil))
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            #expect(Reading([bytes[..<cut], bytes[cut...]], form: .normal, keepsRows: true) == whole, "cut at \(cut)")
        }
        #expect(Reading(pieces(bytes, of: 1), form: .normal, keepsRows: true) == whole)
    }

    @Test("An array seq is kept as it is")
    func arraySeq() {
        let text = #"{"results":[{"seq":[12,"g1A]\"}"],"id":"a"}],"last_seq":[12,"g1A]\"}"],"pending":12}"#
        let reading = Reading(text, form: .normal, keepsRows: true)
        let seq = #"[12,"g1A]\"}"]"#
        #expect(reading.rows == [Reading.Row(seq: seq, id: "a")])
        #expect(reading.tail == FeedTail(lastSeq: Seq(json: seq.utf8), pending: 12))
    }

    @Test(
        "What is no normal feed is broken, behind its last whole row, however it is cut",
        arguments: [
            ("garbage", 0), ("[]", 0), ("{}", 0), ("{\"results\":{}}", 0), (#"{"results":[]}"#, 0),
            (#"{"error":"timeout","reason":"x"}"#, 0), ("{\"results\":[\n" + #"{"error":"timeout","reason":"x"}"#, 0),
            (#"{"results":[17]}"#, 0), (#"{"results":[{"id":"x"}]"#, 0), (#"{"results":[{"last_seq":1}]"#, 0),
            ("{\"results\":[\n" + #"{"seq":1,"id":"a"}"# + "\n" + #"{"seq":2,"id":"b"}"#, 1),
            ("{\"results\":[\n" + #"{"seq":1,"id":"a"},"# + "\nHTTP/1.1 500 Internal Server Error\r\n", 1),
            ("{\"results\":[\n" + #"{"seq":1,"id":"a"},"# + "\n" + #"{"seq":2,"id":"bHTTP/1.1 500 "# + "\r\n\"}", 1),
            ("{\"results\":[\n" + #"{"seq":1,"id":"a"},"# + "\n" + #"{"seq":2,"id":"b\"# + "\n\"}", 1),
            (#"{"results":[{"seq":1,"id":"a"}],"last_seq":1,,"#, 1),
        ]
    )
    func garbage(text: String, rows: Int) {
        let whole = Reading(text, form: .normal, keepsRows: true)
        #expect(whole.isBroken)
        #expect(whole.rows?.count == rows)
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            #expect(Reading([bytes[..<cut], bytes[cut...]], form: .normal, keepsRows: true) == whole, "cut at \(cut)")
        }
        #expect(Reading(pieces(bytes, of: 1), form: .normal, keepsRows: true) == whole)
    }

    @Test("The server's own error is told")
    func error() {
        let reading = Reading("{\"results\":[\n{\"error\":\"timeout\",\"reason\":\"x\"}\n", form: .normal)
        #expect(reading.outcome == .broken("the server said: timeout"))
    }

    @Test("Rows and heartbeats are signs of a feed")
    func soundLines() {
        var reader = ChangeReader(form: .normal)
        var batch = ChangeBatch()
        func read(_ text: String) -> Int {
            _ = Array(text.utf8).withUnsafeBytes { reader.read($0, into: &batch) }
            return reader.soundLineCount
        }
        #expect(read("{\"results\":[\n") == 0)
        #expect(read("\n") == 1)
        #expect(read("\n") == 2)
        #expect(read(#"{"seq":1,"id":"#) == 2)
        #expect(read(#""x"},"#) == 3)
        #expect(read("\r\n") == 3)
        #expect(read("\n") == 4)
        #expect(read("],\n\"last_seq\":1}\n") == 4)
    }

    @Test("A row of megabytes, alone on its line or not, is read once and not once a piece", arguments: ["\n", ""])
    func longRows(lineEnd: String) {
        let doc = "{\"text\":\"" + String(repeating: "lorem \\\" {[ ", count: 100_000) + "\"}"
        let row = #"{"seq":"1-a","id":"x","changes":[{"rev":"1-b"}],"doc":"# + doc + "}"
        let text = "{\"results\":[\(lineEnd)\(row),\(lineEnd)\(row)\(lineEnd)],\"last_seq\":\"1-a\",\"pending\":0}"
        for size in [1 << 14, 1 << 20, 1 << 24] {
            let reading = Reading(pieces(Array(text.utf8), of: size), form: .normal, keepsRows: true)
            #expect(reading.rows?.map(\.doc) == [doc, doc])
            #expect(reading.tail?.pending == 0)
        }
    }

    @Test("Random damage is never more than a broken feed, the same however it is cut", arguments: 0..<20)
    func damaged(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let body = try #require(Self.recordings.first { $0.name.hasPrefix("071") }).body
        for _ in 0..<100 {
            var damaged = body
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: damaged[place] = UInt8.random(in: 0...255, using: &random)
                case 1: damaged.remove(at: place)
                default: damaged.insert(contentsOf: body[place...].prefix(7), at: place)
                }
            }
            let whole = Reading([damaged[...]], form: .normal, keepsRows: true)
            let cut = Int.random(in: 0...damaged.count, using: &random)
            #expect(Reading([damaged[..<cut], damaged[cut...]], form: .normal, keepsRows: true) == whole)
            #expect(Reading(pieces(damaged, of: 13), form: .normal, keepsRows: true) == whole)
        }
    }
}
