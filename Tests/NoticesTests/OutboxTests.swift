import Testing

@testable import Notices

@Suite("The outbox, from process to process")
struct OutboxTests {
    private static func text(_ bytes: [UInt8]?) -> String? {
        bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func filled() -> Outbox {
        let outbox = Outbox(merges: true)
        outbox.fill { queue in
            for name in ["one", "two", "three"] { queue.updated(name, line: Array("\(name)\n".utf8), count: 1) }
        }
        return outbox
    }

    @Test("What was not written is given again, from where writing stopped")
    func partlyWritten() async {
        let outbox = Self.filled()
        #expect(await Self.text(outbox.next()) == "one\ntwo\nthree\n")
        outbox.wrote(6)
        #expect(await Self.text(outbox.next()) == "o\nthree\n")
    }

    @Test("The next process gets from its start the line that the last one read half", arguments: 0...14)
    func restart(written: Int) async {
        let outbox = Self.filled()
        _ = await outbox.next()
        outbox.wrote(written)
        outbox.restart()
        outbox.fill { $0.updated("four", line: Array("four\n".utf8), count: 1) }
        let rest =
            switch written {
            case ..<4: "one\ntwo\nthree\n"
            case ..<8: "two\nthree\n"
            case ..<14: "three\n"
            default: "four\n"
            }
        #expect(await Self.text(outbox.next()) == rest)
    }

    @Test("The end comes after all that was taken in, and nothing is taken in after it")
    func end() async {
        let outbox = Self.filled()
        outbox.end()
        outbox.fill { $0.updated("late", line: Array("late\n".utf8), count: 1) }
        #expect(await Self.text(outbox.next()) == "one\ntwo\nthree\n")
        outbox.wrote(14)
        #expect(outbox.isEmpty)
        #expect(await outbox.next() == nil)
    }

    @Test("Whoever waits is woken by what comes")
    func waits() async {
        let outbox = Outbox(merges: true)
        async let next = outbox.next()
        outbox.fill { $0.updated("d", line: Array("d\n".utf8), count: 1) }
        #expect(await Self.text(next) == "d\n")
    }

    @Test("A wait that is cancelled ends, and loses nothing")
    func cancelled() async {
        let outbox = Outbox(merges: true)
        let waiting = Task { await outbox.next() }
        waiting.cancel()
        #expect(await waiting.value == nil)
        outbox.fill { $0.updated("d", line: Array("d\n".utf8), count: 1) }
        #expect(await Self.text(outbox.next()) == "d\n")
    }

    @Test("Whoever fills it hears when there is room again, once it is half empty")
    func room() async {
        await confirmation { roomAgain in
            let outbox = Outbox(capacity: 100_000, merges: false) { roomAgain() }
            outbox.fill { $0.updated("d", line: Array("0123456789\n".utf8), count: 20_000) }
            #expect(outbox.isFull)
            while let bytes = await outbox.next(), !outbox.isEmpty {
                outbox.wrote(bytes.count)
                if outbox.isEmpty { break }
            }
        }
    }
}

@Suite("The lines of a database")
struct NoticeLinesTests {
    @Test("Byte for byte those of CouchDB 1.x")
    func bytes() {
        let lines = NoticeLines(database: "d")
        #expect(lines.created == Array(#"{"type":"created","db":"d"}"#.utf8) + [10])
        #expect(lines.updated == Array(#"{"type":"updated","db":"d"}"#.utf8) + [10])
        #expect(lines.deleted == Array(#"{"type":"deleted","db":"d"}"#.utf8) + [10])
        #expect(
            lines.designDocumentUpdated(id: Array(#""_design/x""#.utf8))
                == Array(#"{"type":"ddoc_updated","db":"d","id":"_design/x"}"#.utf8) + [10]
        )
    }

    @Test("Slashes stay, quotes and backslashes are escaped")
    func escapes() {
        #expect(
            NoticeLines(database: "a/b+c$(x)").updated == Array(#"{"type":"updated","db":"a/b+c$(x)"}"#.utf8) + [10]
        )
        #expect(NoticeLines(database: "q\"\\").updated == Array(#"{"type":"updated","db":"q\"\\"}"#.utf8) + [10])
    }
}
