import NIOConcurrencyHelpers
import Processes
import TestSupport
import Testing

@testable import CouchFeed
@testable import Notices

extension Ledger {
    /// One whose news nobody saves.
    convenience init() {
        self.init(alarm: Alarm(delay: .seconds(3600)))
    }

    /// Where its follower stands, by database, of all that was noted since the last call.
    func takeSeqs() -> [String: String] {
        takeNews().standings.mapValues { standing in
            if case .at(let cursor) = standing { cursor.seq.description } else { "now" }
        }
    }
}

extension Outbox {
    /// Has what its process has read noted now, and gives where its follower stands by ``Ledger/takeSeqs()``.
    func seqs(_ ledger: Ledger) -> [String: String] {
        _ = isEmpty
        return ledger.takeSeqs()
    }
}

extension Mark {
    init(_ database: String, _ seq: String) {
        self.init(
            database: database,
            cursor: Cursor(instance: Instance(startTime: "100"), seq: Seq(json: seq.utf8))
        )
    }
}

@Suite("The outbox, from process to process")
struct OutboxTests {
    private static func text(_ bytes: [UInt8]?) -> String? {
        bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func outbox(
        capacity: Int = 4_000_000,
        _ policy: OutboxQueue.Policy = .mergeWhenFull,
        ledger: Ledger = Ledger(),
        read: @escaping @Sendable () -> Int? = { .max },
        room: @escaping @Sendable () -> Void = {}
    ) -> Outbox {
        let outbox = Outbox(name: "n", capacity: capacity, policy: policy, ledger: ledger, room: room)
        outbox.childReads(read)
        return outbox
    }

    /// With 4, 4 and 6 bytes; for a process that reads at once what is written, where nothing else is said.
    private static func filled(_ ledger: Ledger = Ledger(), read: @escaping @Sendable () -> Int? = { .max }) -> Outbox {
        let outbox = outbox(ledger: ledger, read: read)
        outbox.fill { queue, _ in
            for (number, name) in ["one", "two", "three"].enumerated() {
                queue.updated(name, line: Array("\(name)\n".utf8), mark: Mark(name, "\(number)"))
            }
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
        outbox.childLeft(unread: 0)
        outbox.restart()
        outbox.fill { queue, _ in queue.updated("four", line: Array("four\n".utf8), count: 1) }
        let rest =
            switch written {
            case ..<4: "one\ntwo\nthree\n"
            case ..<8: "two\nthree\n"
            case ..<14: "three\n"
            default: ""
            }
        #expect(await Self.text(outbox.next()) == rest + "four\n")
    }

    @Test(
        "Cursors move once lines are read whole, never before",
        arguments: [(0, [:]), (6, ["one": "0"]), (13, ["one": "0", "two": "1"])]
    )
    func marks(count: Int, seqs: [String: String]) async {
        let ledger = Ledger()
        let read = NIOLockedValueBox(0)
        let outbox = Self.filled(ledger) { read.withLockedValue { $0 } }
        _ = await outbox.next()
        outbox.wrote(14)
        #expect(outbox.isAllWritten && !outbox.isEmpty && outbox.tally.lines == 0 && outbox.tally.waitingBytes > 14)
        #expect(outbox.seqs(ledger) == [:])
        read.withLockedValue { $0 = count }
        #expect(!outbox.isEmpty && outbox.tally.lines == UInt64(seqs.count))
        #expect(ledger.takeSeqs() == seqs)
        read.withLockedValue { $0 = 14 }
        #expect(outbox.isEmpty && outbox.tally.lines == 3)
        #expect(ledger.takeSeqs().count == 3 - seqs.count)
    }

    @Test("That lines are read is noticed, though nothing else happens", .timeLimit(.minutes(5)))
    func noticed() async throws {
        let ledger = Ledger()
        let read = NIOLockedValueBox(0)
        let outbox = Self.filled(ledger) { read.withLockedValue { $0 } }
        _ = await outbox.next()
        outbox.wrote(14)
        for (count, seqs) in [(4, ["one": "0"]), (11, ["two": "1"]), (14, ["three": "2"])] {
            read.withLockedValue { $0 = count }
            var seen: [String: String] = [:]
            try await eventually("\(count) bytes have been read") {
                seen = ledger.takeSeqs()
                return !seen.isEmpty
            }
            #expect(seen == seqs)
        }
    }

    @Test("What a process leaves unread goes to the next, from the start of a line; else cursors stay before it")
    func leftUnread() async {
        let ledger = Ledger()
        let outbox = Self.filled(ledger) { 0 }
        _ = await outbox.next()
        outbox.wrote(14)
        outbox.childLeft(unread: 7)
        #expect(ledger.takeSeqs() == ["one": "0"] && !outbox.isEmpty)
        // Its pipe is another's by now, or nobody's.
        #expect(outbox.tally.lines == 1)
        outbox.restart()
        outbox.childReads { .max }
        #expect(await Self.text(outbox.next()) == "two\nthree\n")
        outbox.wrote(10)
        #expect(outbox.seqs(ledger) == ["two": "1", "three": "2"] && outbox.isEmpty)
    }

    @Test("Where nobody reads any more, whoever writes is woken to find that out", .timeLimit(.minutes(5)))
    func deaf() async {
        let outbox = Self.filled { nil }
        _ = await outbox.next()
        outbox.wrote(14)
        #expect(await outbox.next() == [])
        outbox.wrote(0)
        outbox.childLeft(unread: 14)
        #expect(!outbox.isEmpty && outbox.tally.lines == 0)
    }

    @Test("What is held back and due wakes nobody over and over while there is no process to take it")
    func noSpin() async throws {
        let (sleeps, start) = (NIOLockedValueBox(0), ContinuousClock.now)
        let time = Timekeeper(now: { start + .seconds(10) }, sleep: { _ in sleeps.withLockedValue { $0 += 1 } })
        let policy = OutboxQueue.Policy.debounce(Debounce(delay: .milliseconds(500), changes: nil))
        let outbox = Outbox(name: "n", policy: policy, ledger: Ledger(), time: time)
        outbox.fill { queue, _ in queue.updated("d", line: Array("d\n".utf8), count: 1, at: start) }
        let waiting = Task { await outbox.next() }
        #expect(await waiting.value == Array("d\n".utf8))
        outbox.fill { queue, _ in queue.updated("d", line: Array("d\n".utf8), count: 1, at: start) }
        outbox.restart()
        outbox.childReads { 0 }
        _ = await outbox.next()
        outbox.wrote(2)
        outbox.fill { queue, _ in queue.updated("e", line: Array("e\n".utf8), count: 1, at: start) }
        outbox.childLeft(unread: 2)
        _ = outbox.tally
        for _ in 0..<1000 { await Task.yield() }
        #expect(sleeps.withLockedValue { $0 } < 10)
    }

    @Test("A mark without lines waits until those before it have been read")
    func markBehindUnread() async {
        let ledger = Ledger()
        let read = NIOLockedValueBox(0)
        let outbox = Self.filled(ledger) { read.withLockedValue { $0 } }
        _ = await outbox.next()
        outbox.wrote(14)
        outbox.fill { queue, _ in queue.reached(Mark("three", "9")) }
        #expect(outbox.seqs(ledger) == [:])
        read.withLockedValue { $0 = 14 }
        #expect(outbox.isEmpty)
        #expect(ledger.takeSeqs() == ["one": "0", "two": "1", "three": "9"])
    }

    @Test("A mark without lines counts at once where nothing waits, and else after all that waits")
    func bareMarks() async {
        let ledger = Ledger()
        let outbox = Self.outbox(ledger: ledger)
        outbox.fill { queue, _ in queue.reached(Mark("d", "1")) }
        #expect(ledger.takeSeqs() == ["d": "1"])
        outbox.fill { queue, _ in
            queue.updated("d", line: Array("d\n".utf8), mark: Mark("d", "2"))
            queue.reached(Mark("d", "3"))
            queue.reached(Mark("e", "9"))
        }
        #expect(ledger.takeSeqs() == [:])
        _ = await outbox.next()
        outbox.wrote(2)
        #expect(outbox.seqs(ledger) == ["d": "3", "e": "9"])
    }

    @Test("The end comes after all that was taken in, and nothing is taken in after it")
    func end() async {
        let outbox = Self.filled()
        outbox.end()
        outbox.fill { queue, _ in queue.updated("late", line: Array("late\n".utf8), count: 1) }
        #expect(await Self.text(outbox.next()) == "one\ntwo\nthree\n")
        #expect(!outbox.isAllWritten)
        outbox.wrote(14)
        #expect(outbox.isAllWritten && outbox.isEmpty)
        #expect(await outbox.next() == nil)
    }

    @Test("Whoever waits is woken by what comes")
    func waits() async {
        let outbox = Self.outbox()
        async let next = outbox.next()
        outbox.fill { queue, _ in queue.updated("d", line: Array("d\n".utf8), count: 1) }
        #expect(await Self.text(next) == "d\n")
    }

    @Test("A wait that is cancelled ends, and loses nothing")
    func cancelled() async {
        let outbox = Self.outbox()
        let waiting = Task { await outbox.next() }
        waiting.cancel()
        #expect(await waiting.value == nil)
        outbox.fill { queue, _ in queue.updated("d", line: Array("d\n".utf8), count: 1) }
        #expect(await Self.text(outbox.next()) == "d\n")
    }

    @Test("Whoever fills it hears when there is room again, once it is half empty")
    func room() async {
        await confirmation { roomAgain in
            let outbox = Self.outbox(capacity: 100_000, .keepAll, room: { roomAgain() })
            outbox.fill { queue, _ in queue.updated("d", line: Array("0123456789\n".utf8), count: 20_000) }
            #expect(outbox.isFull)
            while !outbox.isEmpty, let bytes = await outbox.next() { outbox.wrote(bytes.count) }
            // It hears when somebody asks for more.
            outbox.end()
            #expect(await outbox.next() == nil)
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
