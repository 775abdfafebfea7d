import Processes
import Store
import Testing

@testable import CouchFeed
@testable import Notices

@Suite("Answers that come together")
struct OutboxAnswersTests {
    private let ledger = Ledger()
    private let outbox: Outbox

    init() {
        outbox = Outbox(
            name: "n",
            policy: .keepAll,
            confirmation: Confirmation(window: 1000, timeout: .seconds(60), attempts: 10),
            ledger: ledger
        )
    }

    /// Lines 1 to `count` of one database, each with its seq, all in the notifier's hands.
    private func hand(_ count: Int) async {
        outbox.fill { queue, now in
            for number in 1...count {
                let line = Array("line \(number)\n".utf8)
                queue.updated("d", line: line, count: 1, mark: Mark("d", "\(number)"), at: now)
            }
        }
        outbox.restart()
        let bytes = await outbox.next() ?? []
        outbox.wrote(bytes.count)
    }

    @Test(
        "Answers that come together mean what they mean one by one, and the cursor never goes back",
        arguments: [
            ([Processes.Answer.ok, .ok, .ok], "3", 0),
            ([.ok, .drop(reason: "no")], "2", 1),
            ([.drop(reason: "no"), .ok, .ok], "3", 1),
            ([.ok, .drop(reason: "no"), .wait, .drop(reason: "no"), .ok], "4", 2),
            ([.ok, .ok, .retry(reason: ""), .ok, .drop(reason: "passed over")], "2", 0),
            ([.ok, .unknown("?"), .ok, .ok], "1", 0),
        ]
    )
    func together(_ answers: [Processes.Answer], _ seq: String, _ letters: Int) async {
        await hand(5)
        outbox.answered(answers)
        let news = ledger.takeNews()
        #expect(news.standings["d"] == .at(Mark("d", seq).cursor))
        #expect(news.letters.count == letters)

        let oneByOne = OutboxAnswersTests()
        await oneByOne.hand(5)
        for answer in answers { oneByOne.outbox.answered([answer]) }
        let others = oneByOne.ledger.takeNews()
        #expect(others.standings == news.standings)
        #expect(others.letters.map(\.line) == news.letters.map(\.line))
    }
}
