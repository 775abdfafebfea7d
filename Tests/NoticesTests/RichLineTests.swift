import Settings
import Testing

@testable import CouchFeed
@testable import Notices

@Suite("Lines with details")
struct RichLineTests {
    private static let feed = """
        {"seq":"3-g1AAA","id":"x","changes":[{"rev":"2-abc"}]}
        {"seq":"4-g1AAB","id":"y\\"\\u0007","changes":[{"rev":"3-def"}],"deleted":true,"doc":{"_id":"y","_deleted":true}}
        {"seq":null,"id":"z","changes":[{"rev":"1-0"},{"rev":"1-1"}],"doc":{ "n":1.000000000000000000001 }}
        {"seq":"6-g1AAC","id":"_design/v","changes":[{"rev":"1-ddd"}]}

        """

    private static func rows() throws -> RowBlock {
        var reader = ChangeReader()
        reader.keepsRows = true
        var batch = ChangeBatch()
        _ = Array(feed.utf8).withUnsafeBytes { reader.read($0, into: &batch) }
        return try #require(batch.rows)
    }

    private static let instance = Instance(startTime: "1795218688")

    private static func lines(
        _ detail: NotifierSettings.Detail,
        _ types: Set<NotifierSettings.NoticeType> = Set(NotifierSettings.NoticeType.allCases)
    ) throws -> (lines: [String], block: LineBlock?) {
        let style = LineStyle(types: types, detail: detail)
        let block = NoticeLines(database: "d").block(of: try rows(), in: instance, style)
        let text = String(decoding: block?.bytes ?? [], as: UTF8.self)
        return (text.split(separator: "\n").map(String.init), block)
    }

    @Test("detail = change: a line a change with seq, id, rev, deleted where it is, and the instance")
    func change() throws {
        let end = #","instance":"1795218688"}"#
        #expect(
            try Self.lines(.change).lines == [
                #"{"type":"updated","db":"d","seq":"3-g1AAA","id":"x","rev":"2-abc""# + end,
                #"{"type":"updated","db":"d","seq":"4-g1AAB","id":"y\"\u0007","rev":"3-def","deleted":true"# + end,
                #"{"type":"updated","db":"d","seq":null,"id":"z","rev":"1-0""# + end,
                #"{"type":"updated","db":"d","seq":"6-g1AAC","id":"_design/v","rev":"1-ddd""# + end,
                #"{"type":"ddoc_updated","db":"d","seq":"6-g1AAC","id":"_design/v","rev":"1-ddd""# + end,
            ]
        )
    }

    @Test("detail = doc: the same, with the document byte for byte as it came")
    func doc() throws {
        let lines = try Self.lines(.doc, [.updated]).lines
        #expect(lines[1].hasSuffix(#","instance":"1795218688","doc":{"_id":"y","_deleted":true}}"#))
        #expect(lines[2].hasSuffix(#","doc":{ "n":1.000000000000000000001 }}"#))
        #expect(lines[0].hasSuffix(#""instance":"1795218688"}"#))
    }

    @Test("detail = none, line by line: the bytes of CouchDB 1.x")
    func plain() throws {
        #expect(
            try Self.lines(.plain).lines == Array(repeating: #"{"type":"updated","db":"d"}"#, count: 4) + [
                #"{"type":"ddoc_updated","db":"d","id":"_design/v"}"#
            ]
        )
    }

    @Test("Each line moves the cursor to its seq; that of a design document's row belongs to its second line")
    func marks() throws {
        for detail in NotifierSettings.Detail.allCases {
            let block = try #require(try Self.lines(detail).block)
            let seqs = (0...5).map { block.mark(after: $0)?.cursor.seq.description }
            #expect(
                seqs == [nil, #""3-g1AAA""#, #""4-g1AAB""#, #""4-g1AAB""#, #""4-g1AAB""#, #""6-g1AAC""#],
                "detail = \(detail.rawValue)"
            )
        }
    }

    @Test("Without ddoc_updated the row of a design document moves the cursor with its only line")
    func marksOfOneType() throws {
        let block = try #require(try Self.lines(.change, [.updated]).block)
        #expect(block.mark(after: 4)?.cursor.seq.description == #""6-g1AAC""#)
        #expect(try Self.lines(.change, [.created]).block == nil)
    }

    @Test("created and deleted tell the instance too, and which")
    func lives() {
        let lines = NoticeLines(database: "d")
        let rich = LineStyle(types: [.created, .deleted], detail: .change)
        func text(_ event: LifeEvent, _ style: LineStyle) -> String {
            String(decoding: lines.line(of: event, style), as: UTF8.self)
        }
        #expect(text(.created(Self.instance), rich) == #"{"type":"created","db":"d","instance":"1795218688"}"# + "\n")
        #expect(text(.deleted(Self.instance), rich) == #"{"type":"deleted","db":"d","instance":"1795218688"}"# + "\n")
        let plain = LineStyle(types: [.created], detail: .plain)
        #expect(text(.created(Self.instance), plain) == #"{"type":"created","db":"d"}"# + "\n")
    }
}
