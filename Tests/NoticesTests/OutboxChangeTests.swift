import NIOConcurrencyHelpers
import Processes
import Settings
import Testing

@testable import CouchFeed
@testable import Notices

@Suite("An outbox whose settings change")
struct OutboxChangeTests {
    private static func settings(
        size: Int = 4_000_000,
        merge: NotifierSettings.Merge = .never,
        confirmation: ConfirmationSettings? = nil
    ) -> NotifierSettings {
        var settings = NotifierSettings(name: "n", command: "cat", file: "f", line: 1, workingDirectory: "/")
        settings.outboxSize = size
        settings.merge = merge
        settings.confirmation = confirmation
        return settings
    }

    private static func limits(window: Int, timeout: Duration = .seconds(60)) -> ConfirmationSettings {
        var confirmation = ConfirmationSettings()
        confirmation.window = window
        confirmation.timeout = timeout
        return confirmation
    }

    private static func fill(_ outbox: Outbox, _ numbers: ClosedRange<Int>) {
        outbox.fill { queue, now in
            for number in numbers {
                queue.updated("d", line: Array("\(number)\n".utf8), count: 1, mark: Mark("d", "\(number)"), at: now)
            }
        }
    }

    private static func read(_ outbox: Outbox) async -> String? {
        guard let bytes = await outbox.next() else { return nil }
        outbox.wrote(bytes.count)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("Whoever found it full is told of the room that a larger size makes, once")
    func room() {
        let rooms = NIOLockedValueBox(0)
        let outbox = Outbox(Self.settings(size: 1000), ledger: Ledger()) { rooms.withLockedValue { $0 += 1 } }
        Self.fill(outbox, 1...100)
        #expect(outbox.isFull)
        outbox.change(Self.settings(size: 2000))
        #expect(rooms.withLockedValue { $0 } == 0)
        outbox.change(Self.settings(size: 100_000))
        #expect(!outbox.isFull && rooms.withLockedValue { $0 } == 1)
        outbox.change(Self.settings(size: 200_000))
        #expect(rooms.withLockedValue { $0 } == 1)
    }

    @Test("Who waits for what is held back gets it as soon as nothing is held back any more")
    func released() async {
        let outbox = Outbox(Self.settings(merge: .debounce(.seconds(3600))), ledger: Ledger()) {}
        Self.fill(outbox, 1...1)
        async let bytes = outbox.next()
        outbox.change(Self.settings())
        #expect(await bytes == Array("1\n".utf8))
    }

    @Test("A larger window lets more through at once; a smaller one waits until there are fewer under way")
    func window() async {
        let ledger = Ledger()
        let outbox = Outbox(Self.settings(confirmation: Self.limits(window: 2)), ledger: ledger) {}
        outbox.restart()
        Self.fill(outbox, 1...9)
        #expect(await Self.read(outbox) == "1\n2\n")
        async let more = Self.read(outbox)
        outbox.change(Self.settings(confirmation: Self.limits(window: 5)))
        #expect(await more == "3\n4\n5\n")
        outbox.change(Self.settings(confirmation: Self.limits(window: 1)))
        outbox.answered([.ok, .ok, .ok, .ok])
        async let last = Self.read(outbox)
        outbox.answered([.ok])
        #expect(await last == "6\n")
        #expect(ledger.takeSeqs() == ["d": "5"])
    }

    @Test("What is under way longer than a new time limit allows is late at once")
    func timeout() async {
        let now = NIOLockedValueBox(ContinuousClock.now)
        let time = Timekeeper(
            now: { now.withLockedValue { $0 } },
            // What is not due by then never is.
            sleep: { if $0 > now.withLockedValue({ $0 }) { try? await Task.sleep(for: .seconds(3600)) } }
        )
        let outbox = Outbox(
            name: "n",
            policy: .keepAll,
            confirmation: Processes.Confirmation(window: 10, timeout: .seconds(3600), attempts: nil),
            ledger: Ledger(),
            time: time
        )
        await confirmation { restarted in
            let (restarts, restart) = AsyncStream<String>.makeStream()
            outbox.onRestart { restart.yield($0) }
            outbox.restart()
            Self.fill(outbox, 1...1)
            _ = await Self.read(outbox)
            now.withLockedValue { $0 += .seconds(60) }
            outbox.change(Self.settings(confirmation: Self.limits(window: 10, timeout: .seconds(10))))
            for await why in restarts {
                #expect(why.contains("no answer within"))
                restarted()
                break
            }
        }
    }
}
