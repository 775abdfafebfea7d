import NIOConcurrencyHelpers
import Processes
import Store
import Testing

@testable import CouchFeed
@testable import Notices

@Suite("The outbox of a notifier that confirms")
struct ConfirmingOutboxTests {
    private final class World: Sendable {
        let ledger = Ledger()
        let restarts = NIOLockedValueBox<[String]>([])
        let outbox: Outbox

        init(window: Int = 1000, attempts: Int? = 10) {
            outbox = Outbox(
                name: "n",
                policy: .keepAll,
                confirmation: Processes.Confirmation(window: window, timeout: .seconds(60), attempts: attempts),
                ledger: ledger,
                wallClock: { 1_795_218_688_000 }
            )
            outbox.onRestart { [restarts] why in restarts.withLockedValue { $0.append(why) } }
        }

        func fill(_ numbers: ClosedRange<Int>) {
            outbox.fill { queue, now in
                for number in numbers {
                    queue.updated("d", line: Array("\(number)\n".utf8), count: 1, mark: Mark("d", "\(number)"), at: now)
                }
            }
        }

        /// What a child reads at once.
        func read() async -> String? {
            guard let bytes = await outbox.next() else { return nil }
            outbox.wrote(bytes.count)
            return String(decoding: bytes, as: UTF8.self)
        }

        func answer(_ lines: String...) {
            outbox.answered(lines.map { Answer(Array($0.utf8)) })
        }

        var seq: String? { ledger.takeSeqs()["d"] }
    }

    @Test("The cursor moves with answers, not with writing, and no further than they reach")
    func confirmed() async {
        let world = World()
        world.outbox.restart()
        world.fill(1...5)
        #expect(await world.read() == "1\n2\n3\n4\n5\n")
        #expect(world.seq == nil)
        world.answer("ok", "OK")
        #expect(world.seq == "2")
        world.answer("ok", "ok", "ok")
        #expect(world.seq == "5")
        #expect(world.outbox.isEmpty)
    }

    @Test("No more lines than the window are under way, and each answer lets another one through")
    func window() async {
        let world = World(window: 3)
        world.outbox.restart()
        world.fill(1...10)
        #expect(await world.read() == "1\n2\n3\n")
        world.answer("ok")
        #expect(await world.read() == "4\n")
        world.answer("ok", "ok")
        #expect(await world.read() == "5\n6\n")
    }

    @Test("The next process gets all that the last one has not confirmed, in order")
    func death() async {
        let world = World()
        world.outbox.restart()
        world.fill(1...5)
        _ = await world.read()
        world.answer("ok", "ok")
        world.outbox.childLeft(unread: 0)
        world.outbox.childEnded(isOrdered: false)
        world.outbox.restart()
        world.fill(6...6)
        #expect(await world.read() == "3\n4\n5\n6\n")
        #expect(world.seq == "2")
    }

    @Test("A dropped line is a dead letter, and the cursor passes it with it")
    func dropped() async throws {
        let world = World()
        world.outbox.restart()
        world.fill(1...3)
        _ = await world.read()
        world.answer("ok", "drop no such customer", "ok")
        let news = world.ledger.takeNews()
        let letter = try #require(news.letters.first)
        #expect(
            letter
                == DeadLetter(
                    id: 0,
                    notifier: "n",
                    database: "d",
                    line: Array("2".utf8),
                    reason: "no such customer",
                    deliveries: 1,
                    firstDelivered: 1_795_218_688_000,
                    died: 1_795_218_688_000,
                    isToBeRetried: false
                )
        )
        #expect(news.standings["d"] == .at(Mark("d", "3").cursor))
        #expect(world.outbox.isEmpty)
    }

    @Test(
        "A line that is asked for again comes again with all that was written behind it, whose answers count for nothing"
    )
    func retried() async {
        let world = World()
        world.outbox.restart()
        world.fill(1...4)
        _ = await world.read()
        world.answer("ok", "retry later", "ok", "ok")
        #expect(world.seq == "1")
        // After a back-off.
        #expect(await world.read() == "2\n3\n4\n")
        world.answer("ok", "ok", "ok")
        #expect(world.seq == "4")
        #expect(world.restarts.withLockedValue { $0 }.isEmpty)
    }

    @Test("A process that answers nonsense is stopped and started again, and gets the unconfirmed lines again")
    func nonsense() async {
        let world = World()
        world.outbox.restart()
        world.fill(1...3)
        _ = await world.read()
        world.answer("ok", "what?", "ok", "ok")
        #expect(world.restarts.withLockedValue { $0.count } == 1)
        #expect(world.seq == "1")
        world.outbox.childEnded(isOrdered: false)
        world.outbox.restart()
        #expect(await world.read() == "2\n3\n")
    }

    @Test("Only the line that a process was at when it died is blamed, and only it is given up in the end")
    func poison() async {
        let world = World(attempts: 3)
        world.fill(1...3)
        for _ in 1...3 {
            world.outbox.restart()
            _ = await world.read()
            world.outbox.childLeft(unread: 0)
            world.outbox.childEnded(isOrdered: false)
        }
        let news = world.ledger.takeNews()
        #expect(news.letters.map(\.line) == [Array("1".utf8)])
        #expect(news.letters.map(\.deliveries) == [3])
        world.outbox.restart()
        #expect(await world.read() == "2\n3\n")
    }

    @Test("A process that dies before it has read anything is no fault of the first line")
    func unread() async {
        let world = World(attempts: 1)
        world.fill(1...3)
        world.outbox.restart()
        _ = await world.read()
        world.outbox.childLeft(unread: 6)
        world.outbox.childEnded(isOrdered: false)
        #expect(world.ledger.takeNews().letters.isEmpty)
    }

    @Test("A dead letter that is tried again is done with its answer, and a dead letter again if it is dropped again")
    func retriedLetters() async {
        let world = World()
        world.outbox.restart()
        world.outbox.retry(7, line: Array("seven".utf8))
        world.outbox.retry(8, line: Array("eight".utf8))
        #expect(await world.read() == "seven\neight\n")
        world.answer("ok", "drop again")
        let news = world.ledger.takeNews()
        #expect(news.finishedLetters == [7])
        #expect(news.letters.map(\.id) == [8])
    }

    @Test("Whoever waits for room hears of it when answers make some, although nothing is left to be written")
    func room() async {
        await confirmation { roomAgain in
            let outbox = Outbox(
                name: "n",
                capacity: 1000,
                policy: .keepAll,
                confirmation: Processes.Confirmation(window: 1000, timeout: .seconds(60), attempts: nil),
                ledger: Ledger(),
                room: { roomAgain() }
            )
            outbox.restart()
            outbox.fill { queue, now in queue.updated("d", line: Array("0123456789\n".utf8), count: 100, at: now) }
            #expect(outbox.isFull)
            if let bytes = await outbox.next() { outbox.wrote(bytes.count) }
            for _ in 0..<100 { outbox.answered([.ok]) }
            #expect(outbox.isEmpty)
        }
    }
}
