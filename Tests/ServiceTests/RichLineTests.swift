import PocketCouch
import TestSupport
import Testing

@Suite("Richer lines, by choice")
struct RichLineTests {
    @Test("detail = change: exactly these bytes for databases and documents, created, changed, deleted")
    func change() async throws {
        let chronicle = Chronicle()
        let stage = try Stage(state: chronicle.state)
        let play = try await stage.play(
            [("rich", stage.append("rich")), ("plain", stage.append("plain"))],
            options: "[notifier:rich]\ndetail = change"
        )
        let state = stage.state
        var expected: [String] = []
        /// The line that comes next, once it is there: a feed shows the latest change of a document only.
        func expect(_ lines: String...) async throws {
            expected += lines
            try await stage.lines("rich").waitForLines(expected.count)
        }
        try chronicle.create("d")
        let life = try #require(chronicle.databases["d"]?.last?.instance)
        try await expect(#"{"type":"created","db":"d","instance":"\#(life)"}"#)

        var rev = try state.put("x", in: "d")
        var seq = try state.updateSeq(of: "d")
        try await expect(
            #"{"type":"updated","db":"d","seq":"\#(seq)","id":"x","rev":"\#(rev)","instance":"\#(life)"}"#
        )
        rev = try state.delete("x", in: "d")
        seq = try state.updateSeq(of: "d")
        try await expect(
            #"{"type":"updated","db":"d","seq":"\#(seq)","id":"x","rev":"\#(rev)","deleted":true,"instance":"\#(life)"}"#
        )
        for isDeleted in [false, true] {
            rev = try isDeleted ? state.delete("_design/v", in: "d") : state.put("_design/v", in: "d")
            seq = try state.updateSeq(of: "d")
            let deleted = isDeleted ? #","deleted":true"# : ""
            let rest = #""db":"d","seq":"\#(seq)","id":"_design/v","rev":"\#(rev)"\#(deleted),"instance":"\#(life)"}"#
            try await expect(#"{"type":"updated",\#(rest)"#, #"{"type":"ddoc_updated",\#(rest)"#)
        }
        rev = try state.put("a \"quoted\" \u{E9} \n name/\u{1}", in: "d")
        seq = try state.updateSeq(of: "d")
        try await expect(
            #"{"type":"updated","db":"d","seq":"\#(seq)","id":"a \"quoted\" \#u{E9} \n name/\u0001","rev":"\#(rev)","#
                + #""instance":"\#(life)"}"#
        )
        try chronicle.delete("d")
        try await expect(#"{"type":"deleted","db":"d","instance":"\#(life)"}"#)
        try chronicle.create("d")
        let next = try #require(chronicle.databases["d"]?.last?.instance)
        #expect(next != life)
        try await expect(#"{"type":"created","db":"d","instance":"\#(next)"}"#)
        #expect(stage.lines("rich").lines == expected)

        // Its neighbour reads what CouchDB 1.x wrote.
        let plain = try await stage.lines("plain").waitForLines(expected.count)
        let updated = Notice.updated("d")
        let design = Notice.designUpdated("d", "_design/v")
        #expect(
            plain == [
                Notice.created("d"), updated, updated, updated, design, updated, design, updated, Notice.deleted("d"),
                Notice.created("d"),
            ]
        )
        try await play.end()
    }

    @Test("detail = doc: the document too, byte for byte as the server sent it")
    func document() async throws {
        let documents = [
            #"{"_id":"x","_rev":"1-a","n" : 1.50,"e":"\u00e9\/\u{00E9}","big":123456789012345678901234567890,"z":[ ]}"#,
            #"{"_id":"y","_rev":"1-b","changes":[{"rev":"9-z"}],"id":"no","seq":"no","doc":{"doc":"} {"}}"#,
            #"{"_id":"_design/v","_rev":"1-c","views":{"all":{"map":"function(doc) {\n emit(\"}\");\n}"}}}"#,
            #"{"_id":"gone","_rev":"2-d","_deleted":true}"#,
        ]
        let heads = [
            (#""seq":"1-a","id":"x""#, #""rev":"1-a""#), (#""seq":"2-a","id":"y""#, #""rev":"1-b""#),
            (#""seq":"3-a","id":"_design/v""#, #""rev":"1-c""#), (#""seq":"4-a","id":"gone""#, #""rev":"2-d""#),
        ]
        let rows = zip(heads, documents).map { head, document in
            let deleted = document.contains("_deleted") ? #","deleted":true"# : ""
            return #"{\#(head.0),"changes":[{\#(head.1)}]\#(deleted),"doc":\#(document)}"# + "\n"
        }
        let body = rows.joined()
        let feed = Array(
            """
            HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r
            \(String(body.utf8.count, radix: 16))\r\n\(body)\r\n
            """.utf8
        )
        let server = try await PlayedServer(feeds: []) { request in
            request.path == "/d/_changes" ? .bytes(feed) : nil
        }
        let stage = try Stage()
        let herald = try await stage.herald(
            stage.configuration(
                url: server.replayer.url,
                source: "since = 0",
                notifiers: [("rich", stage.append("rich"))],
                more: "[notifier:rich]\ndetail = doc"
            )
        )
        let lines = try await stage.lines("rich").waitForLines(6)
        let life = #","instance":"1795218688""#
        var expected = [#"{"type":"created","db":"d"\#(life)}"#]
        for (head, document) in zip(heads, documents) {
            let deleted = document.contains("_deleted") ? #","deleted":true"# : ""
            let rest = #""db":"d",\#(head.0),\#(head.1)\#(deleted)\#(life),"doc":\#(document)}"#
            expected.append(#"{"type":"updated",\#(rest)"#)
            if head.0.contains("_design/") { expected.append(#"{"type":"ddoc_updated",\#(rest)"#) }
        }
        #expect(Array(lines.prefix(expected.count)) == expected)
        #expect(server.feedRequests.allSatisfy { $0.target.contains("include_docs=true") })
        herald.terminate()
        _ = try await herald.waitForExit()
    }

    @Test("Documents are asked for once, by one feed, for all who want them and those who do not")
    func shared() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let names = ["plain", "change", "doc", "docs"]
        let play = try await stage.play(
            names.map { ($0, stage.append($0)) },
            options: "[notifier:change]\ndetail = change\n[notifier:doc]\ndetail = doc\n[notifier:docs]\ndetail = doc"
        )
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        try stage.state.put("x", #"{"n":1}"#, in: "d")
        for name in names { try await stage.lines(name).waitForLines(1) }
        #expect(stage.lines("doc").lines == stage.lines("docs").lines)
        #expect(stage.lines("doc").lines.first?.hasSuffix(#","n":1}}"#) == true)
        #expect(stage.lines("change").lines.first?.contains(#""doc""#) == false)
        #expect(stage.lines("plain").lines == [Notice.updated("d")])
        // A machine that is busy with other tests may let a feed fall silent, which is then opened again: one at a time.
        #expect(stage.state.stats.openFeeds <= 1)
        try await play.end()
    }
}
