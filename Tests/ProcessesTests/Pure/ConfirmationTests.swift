import Testing

@testable import Processes

/// A confirmation by reference, since `#expect` cannot call what changes a value, with a time that is told in
/// milliseconds.
private final class Ledger {
    private var confirmation: Processes.Confirmation
    private let start = ContinuousClock.now
    private var milliseconds = 0

    init(window: Int = 10, timeout: Duration = .seconds(60), attempts: Int? = 10, greets: Bool = false) {
        confirmation = Processes.Confirmation(window: window, timeout: timeout, attempts: attempts, greets: greets)
    }

    private var now: Timekeeper.Instant { start.advanced(by: .milliseconds(milliseconds)) }

    var room: Int { confirmation.room }

    var underWay: Int { confirmation.underWay }

    /// In milliseconds since the start.
    var deadline: Int? {
        confirmation.deadline.map {
            let (seconds, attoseconds) = (start.duration(to: $0)).components
            return Int(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
        }
    }

    func begin() { confirmation.childBegan(at: now) }

    func hand(_ lines: Int) { confirmation.handed(lines, at: now) }

    func say(_ answer: Answer) -> [Processes.Confirmation.Action] { Array(confirmation.answered(answer, at: now)) }

    func end(isOrdered: Bool = false, hasReadFirst: Bool = true) -> [Processes.Confirmation.Action] {
        Array(confirmation.childEnded(isOrdered: isOrdered, hasReadFirst: hasReadFirst))
    }

    func pass(to milliseconds: Int, hasReadFirst: Bool = true) -> [Processes.Confirmation.Action] {
        self.milliseconds = milliseconds
        return Array(confirmation.timePassed(to: now, hasReadFirst: hasReadFirst))
    }

    /// Another child, to which so many lines are handed.
    func beginAgain(_ lines: Int) {
        begin()
        hand(lines)
    }
}

@Suite("Lines confirmed")
struct ConfirmationTests {
    @Test("up to the window is handed, and an ok makes room for one more and confirms one")
    func window() {
        let ledger = Ledger(window: 3)
        #expect(ledger.room == 0, "nobody is there")
        ledger.begin()
        #expect(ledger.room == 3)
        ledger.hand(2)
        #expect(ledger.room == 1)
        ledger.hand(1)
        #expect(ledger.room == 0)
        #expect(ledger.say(.ok) == [.confirmed(1)])
        #expect(ledger.room == 1)
        #expect(ledger.underWay == 2)
    }

    @Test("after a retry the answers to the lines behind it are passed over, and after a back-off it is handed again")
    func goBack() {
        let ledger = Ledger(window: 3)
        ledger.beginAgain(3)
        #expect(ledger.say(.retry(reason: "later")) == [.stepBack])
        #expect(ledger.room == 0)
        #expect(ledger.underWay == 2)
        #expect(ledger.say(.ok) == [])
        #expect(ledger.say(.wait) == [], "answers nothing, so it is none of those passed over")
        #expect(ledger.say(.drop(reason: "me")) == [])
        #expect(ledger.underWay == 0)
        #expect(ledger.room == 0)
        #expect(ledger.deadline == 100)
        #expect(ledger.pass(to: 99) == [])
        #expect(ledger.room == 0)
        #expect(ledger.pass(to: 100) == [])
        #expect(ledger.room == 3)
        #expect(ledger.deadline == nil)
        ledger.hand(3)
        #expect(ledger.say(.ok) == [.confirmed(1)])
    }

    @Test("what is passed over keeps its room until it is answered, however long the back-off is over")
    func passedOver() {
        let ledger = Ledger(window: 2)
        ledger.beginAgain(2)
        _ = ledger.say(.retry(reason: ""))
        _ = ledger.pass(to: 5000)
        #expect(ledger.room == 0)
        #expect(ledger.deadline == 60_000)
        #expect(ledger.say(.retry(reason: "too")) == [])
        #expect(ledger.room == 2)
    }

    @Test("the back-off doubles with each failure of the line, up to 30 s, and begins anew with the next line")
    func backoff() {
        let ledger = Ledger(attempts: nil)
        ledger.begin()
        var time = 0
        var waits: [Int] = []
        for _ in 0..<11 {
            ledger.hand(1)
            #expect(ledger.say(.retry(reason: "")) == [.stepBack])
            let deadline = ledger.deadline ?? 0
            waits.append(deadline - time)
            time = deadline
            _ = ledger.pass(to: time)
        }
        #expect(waits == [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000])
        ledger.hand(2)
        _ = ledger.say(.ok)
        _ = ledger.say(.retry(reason: ""))
        #expect(ledger.deadline == time + 100)
    }

    @Test("a back-off goes on over the death of the child")
    func backoffAndDeath() {
        let ledger = Ledger()
        ledger.beginAgain(2)
        _ = ledger.say(.retry(reason: ""))
        #expect(ledger.end() == [])
        ledger.begin()
        #expect(ledger.room == 0)
        _ = ledger.pass(to: 100)
        #expect(ledger.room == 10)
    }

    @Test("wait answers nothing, and starts the timeout anew")
    func wait() {
        let ledger = Ledger()
        ledger.beginAgain(1)
        #expect(ledger.deadline == 60_000)
        #expect(ledger.pass(to: 59_000) == [])
        #expect(ledger.say(.wait) == [])
        #expect(ledger.deadline == 119_000)
        #expect(ledger.underWay == 1)
        #expect(ledger.say(.ok) == [.confirmed(1)])
        #expect(ledger.deadline == nil)
        #expect(ledger.say(.wait) == [], "it is no answer, so it is none too many")
    }

    @Test("drop makes a dead letter of the line, with its reason, and the rest goes on")
    func drop() {
        let ledger = Ledger()
        ledger.beginAgain(3)
        #expect(ledger.say(.drop(reason: "not ours")) == [.dropped(reason: "not ours", deliveries: 1)])
        #expect(ledger.say(.drop(reason: "")) == [.dropped(reason: "no reason given", deliveries: 1)])
        #expect(ledger.say(.retry(reason: "")) == [.stepBack])
        _ = ledger.pass(to: 100)
        ledger.hand(1)
        #expect(ledger.say(.drop(reason: "no")) == [.dropped(reason: "no", deliveries: 2)])
        #expect(ledger.room == 10)
    }

    @Test("the timeout runs from the handing of the first line, and from each answer")
    func timeout() {
        let ledger = Ledger()
        ledger.begin()
        #expect(ledger.deadline == nil)
        _ = ledger.pass(to: 1000)
        ledger.hand(1)
        #expect(ledger.deadline == 61_000)
        _ = ledger.pass(to: 2000)
        ledger.hand(1)
        #expect(ledger.deadline == 61_000, "a second line gives the first no more time")
        _ = ledger.pass(to: 3000)
        _ = ledger.say(.ok)
        #expect(ledger.deadline == 63_000)
        #expect(ledger.pass(to: 63_000) == [.restart(why: "no answer within 60 s")])
        #expect(ledger.deadline == nil)
        #expect(ledger.room == 0)
    }

    @Test("it runs also while answers are passed over, and then nobody is to blame again")
    func timeoutWhilePassingOver() {
        let ledger = Ledger(attempts: 2)
        ledger.beginAgain(2)
        _ = ledger.say(.retry(reason: ""))
        _ = ledger.pass(to: 100)
        #expect(ledger.pass(to: 60_000) == [.restart(why: "no answer within 60 s")])
    }

    @Test("what is no answer ends the child, with the beginning of what it said, and so does an answer too many")
    func garbage() {
        let ledger = Ledger()
        ledger.beginAgain(1)
        #expect(
            ledger.say(Answer(Array("hi \u{1B}[1m".utf8))) == [
                .restart(why: #"it answered 'hi \u001B[1m', which is none of ok, retry, wait and drop"#)
            ]
        )
        ledger.begin()
        #expect(ledger.say(.ok) == [.restart(why: "it answered more lines than it was given")])
        ledger.beginAgain(1)
        #expect(
            ledger.say(.unknown(String(repeating: "\u{20AC}", count: 50))) == [
                .restart(
                    why: "it answered '\(String(repeating: "\u{20AC}", count: 26))...', "
                        + "which is none of ok, retry, wait and drop"
                )
            ]
        )
    }

    @Test("once it is to be ended, nothing that comes from the child means anything")
    func ignored() {
        let ledger = Ledger(attempts: 2)
        ledger.beginAgain(3)
        _ = ledger.say(.unknown("x"))
        #expect(ledger.say(.ok) == [])
        #expect(ledger.say(.unknown("y")) == [])
        #expect(ledger.pass(to: 1_000_000) == [])
        #expect(ledger.end() == [])
        #expect(ledger.say(.ok) == [])
        ledger.begin()
        #expect(ledger.room == 10)
    }

    @Test("a line that has failed so often is dropped: by retries")
    func attemptsByRetry() {
        let ledger = Ledger(attempts: 2)
        ledger.beginAgain(3)
        _ = ledger.say(.retry(reason: "a"))
        _ = ledger.say(.ok)
        _ = ledger.say(.ok)
        _ = ledger.pass(to: 100)
        ledger.hand(3)
        #expect(ledger.say(.retry(reason: "b")) == [.dropped(reason: "retry: b", deliveries: 2), .stepBack])
        #expect(ledger.room == 0, "the lines behind it are still to be answered")
        _ = ledger.say(.ok)
        _ = ledger.say(.ok)
        #expect(ledger.room == 10, "and the next has no back-off to wait for")
        ledger.hand(1)
        #expect(ledger.say(.retry(reason: "")) == [.stepBack], "it starts with no failure")
    }

    @Test("by deaths, by answers that are none, and by a timeout")
    func attemptsByDeath() {
        let ledger = Ledger(attempts: 4)
        ledger.beginAgain(3)
        #expect(ledger.end() == [])
        ledger.beginAgain(3)
        #expect(ledger.say(.unknown("?")).count == 1)
        #expect(ledger.end() == [])
        ledger.beginAgain(3)
        #expect(ledger.pass(to: 60_000) == [.restart(why: "no answer within 60 s")])
        #expect(ledger.end() == [])
        ledger.beginAgain(3)
        #expect(ledger.end() == [.dropped(reason: "it ended before it answered", deliveries: 4)])
        ledger.beginAgain(2)
        #expect(ledger.pass(to: 120_000) == [.restart(why: "no answer within 60 s")])
    }

    @Test("with one attempt only, the restart comes after the dead letter")
    func oneAttempt() {
        let ledger = Ledger(attempts: 1)
        ledger.beginAgain(2)
        #expect(
            ledger.pass(to: 60_000) == [
                .dropped(reason: "no answer within 60 s", deliveries: 1), .restart(why: "no answer within 60 s"),
            ]
        )
        ledger.beginAgain(2)
        #expect(ledger.say(.retry(reason: "")) == [.dropped(reason: "retry", deliveries: 1), .stepBack])
    }

    @Test("an ordered stop, or a line that was not read, blames nobody")
    func innocent() {
        let ledger = Ledger(attempts: 1)
        ledger.beginAgain(2)
        #expect(ledger.end(isOrdered: true) == [])
        ledger.beginAgain(2)
        #expect(ledger.end(hasReadFirst: false) == [])
        ledger.beginAgain(2)
        #expect(ledger.pass(to: 60_000, hasReadFirst: false) == [.restart(why: "no answer within 60 s")])
        ledger.begin()
        #expect(ledger.end() == [], "nothing was under way")
    }

    @Test("only the first line is blamed: those behind it start with no failure when it is their turn")
    func firstIsBlamed() {
        let ledger = Ledger(attempts: 2)
        ledger.beginAgain(3)
        _ = ledger.end()
        ledger.beginAgain(3)
        #expect(ledger.say(.ok) == [.confirmed(1)])
        #expect(ledger.end() == [])
        ledger.beginAgain(2)
        #expect(ledger.end() == [.dropped(reason: "it ended before it answered", deliveries: 2)])
    }

    @Test("one that greets is given nothing before it has said OK, and ended if it says something else or nothing")
    func greeting() {
        let ledger = Ledger(window: 1, greets: true)
        ledger.begin()
        #expect(ledger.room == 0)
        #expect(ledger.deadline == 60_000)
        #expect(ledger.say(.ok) == [])
        #expect(ledger.deadline == nil)
        #expect(ledger.room == 1)
        ledger.hand(1)
        #expect(ledger.say(.ok) == [.confirmed(1)])
        _ = ledger.end()

        ledger.begin()
        #expect(
            ledger.say(Answer(omprog: Array("no".utf8))) == [
                .restart(why: "it did not begin with OK, but with 'no'")
            ]
        )
        _ = ledger.end()
        ledger.begin()
        #expect(ledger.pass(to: 60_000) == [.restart(why: "it did not say OK within 60 s")])
    }
}
