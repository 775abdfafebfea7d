import Testing

@testable import Processes

@Suite("When a child is started, and what its end means")
struct SupervisionTests {
    private static let now = ContinuousClock.now

    private func supervision(_ rule: any RestartRule = RestartPolicy(), isAlive: Bool = true) -> Supervision {
        var supervision = Supervision(rule)
        if isAlive { supervision.began() }
        return supervision
    }

    private func halted() -> Supervision {
        var supervision = supervision(FailureWindow { .init(count: 1) })
        _ = supervision.ended(after: .zero, at: Self.now)
        return supervision
    }

    @Test("An end that nobody planned counts, and the rule says what follows")
    func unplanned() {
        var supervision = supervision()
        #expect(supervision.ended(after: .zero, at: Self.now) == .start(after: .milliseconds(100)))
        let due = Self.now + .milliseconds(100)
        #expect(supervision.next(at: Self.now) == .wait(until: due))
        #expect(supervision.next(at: due) == .start)
    }

    @Test("One that failed its owner is ended once, and counts")
    func failed() {
        var supervision = supervision()
        let isEnded = [supervision.fail(), supervision.fail()]
        #expect(isEnded == [true, false])
        #expect(supervision.ended(after: .zero, at: Self.now) == .start(after: .milliseconds(100)))
    }

    @Test("One that is replaced counts for nothing, even if it fails as well, and another follows at once")
    func replaced() {
        var supervision = supervision(FailureWindow { .init(count: 1) })
        let isEnded = [supervision.fail(), supervision.replace()]
        #expect(isEnded == [true, false])
        let after = supervision.ended(after: .zero, at: Self.now)
        #expect(after == nil)
        #expect(supervision.failures(at: Self.now) == 0)
        #expect(supervision.next(at: Self.now) == .start)
    }

    @Test("A replacement clears no count")
    func countStays() {
        var supervision = supervision(FailureWindow { .init(count: 2) })
        _ = supervision.ended(after: .zero, at: Self.now)
        supervision.began()
        _ = supervision.replace()
        _ = supervision.ended(after: .zero, at: Self.now)
        supervision.began()
        #expect(supervision.ended(after: .zero, at: Self.now) == .halt)
    }

    @Test("One that is halted stays so when it is to be replaced, and starts when told to or when it is another")
    func halt() {
        var replaced = halted()
        #expect(replaced.isHalted)
        _ = replaced.replace()
        #expect(replaced.next(at: Self.now) == .wait(until: nil))
        var told = halted()
        let isNews = told.want()
        #expect(isNews)
        #expect(told.next(at: Self.now) == .start)
        #expect(told.failures(at: Self.now) == 0)
        var another = halted()
        _ = another.becomeAnother()
        #expect(another.next(at: Self.now) == .start)
    }

    @Test("One that is not wanted is ended, and none follows until one is wanted, not even if it is another")
    func unwanted() {
        var supervision = supervision()
        let isEnded = supervision.unwant()
        #expect(isEnded)
        let after = supervision.ended(after: .zero, at: Self.now)
        #expect(after == nil)
        _ = supervision.becomeAnother()
        #expect(supervision.next(at: Self.now) == .wait(until: nil))
        #expect(!supervision.isHalted)
        _ = supervision.want()
        #expect(supervision.next(at: Self.now) == .start)
    }

    @Test("One that is wanted again before its end is followed by another")
    func wantedAgain() {
        var supervision = supervision()
        _ = supervision.unwant()
        let isNews = supervision.want()
        #expect(isNews)
        _ = supervision.ended(after: .zero, at: Self.now)
        #expect(supervision.next(at: Self.now) == .start)
    }

    @Test("To want one that lives is no news; in a pause it is, and ends the pause")
    func noNews() {
        var supervision = supervision()
        let whileAlive = supervision.want()
        _ = supervision.ended(after: .zero, at: Self.now)
        let inPause = supervision.want()
        #expect([whileAlive, inPause] == [false, true])
        #expect(supervision.next(at: Self.now) == .start)
    }
}
