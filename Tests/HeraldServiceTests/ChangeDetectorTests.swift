import Testing

@testable import HeraldService

@Suite("When a changed configuration is read")
struct ChangeDetectorTests {
    private let start = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant {
        start + .milliseconds(milliseconds)
    }

    /// When it is read, which takes no time, by what is seen when; "a" is in force at first.
    private func reads(_ looks: [(moment: Int, seen: String)]) -> [Int] {
        var detector = ChangeDetector<String>()
        var read = "a"
        return looks.compactMap { moment, seen in
            guard detector.saw(seen, whileRead: read, at: at(moment)) else { return nil }
            read = seen
            return moment
        }
    }

    @Test("what others have read between two looks, and what is gone again by the second, is a change")
    func readByOthers() {
        var detector = ChangeDetector<String>()
        let looks = [(0, "a", "a"), (500, "a", "b"), (700, "a", "b"), (1200, "a", "a")]
        let fired = looks.filter { detector.saw($0.1, whileRead: $0.2, at: at($0.0)) }.map(\.0)
        #expect(fired == [700])
    }

    @Test("nothing is read while nothing changes, and a look every half second is enough")
    func still() {
        var detector = ChangeDetector<String>()
        for step in 0..<10 {
            let fires = detector.saw("a", whileRead: "a", at: at(step * 500))
            #expect(!fires)
            #expect(detector.nextLook(after: at(step * 500)) == at(step * 500 + 500))
        }
    }

    @Test("a change is read when it has been there for 200 ms, once")
    func change() {
        #expect(reads([(0, "a"), (500, "b"), (699, "b"), (700, "b"), (701, "b"), (1200, "b"), (9000, "b")]) == [700])
    }

    @Test("while things change it looks when the quiet would be over, and waits for it anew after each change")
    func restless() {
        var detector = ChangeDetector<Int>()
        for step in 1...20 {
            let fires = detector.saw(step, whileRead: 0, at: at(step * 190))
            #expect(!fires)
            #expect(detector.nextLook(after: at(step * 190 + 5)) == at(step * 190 + 200))
        }
        let early = detector.saw(20, whileRead: 0, at: at(3999))
        let late = detector.saw(20, whileRead: 0, at: at(4000))
        #expect(!early && late)
    }

    @Test("what changed while the configuration was read, and before the first look, is a change")
    func beforeFirstLook() {
        var detector = ChangeDetector<String>()
        let first = detector.saw("b", whileRead: "a", at: at(0))
        let second = detector.saw("b", whileRead: "a", at: at(200))
        #expect(!first && second)
    }

    @Test("what is as it was read, when it comes to rest, is not read again")
    func backAgain() {
        var detector = ChangeDetector<String>()
        let looks = [(0, "b"), (100, "a"), (300, "a"), (800, "a")]
        let fired = looks.filter { detector.saw($0.1, whileRead: "a", at: at($0.0)) }
        #expect(fired.isEmpty)
        #expect(detector.nextLook(after: at(800)) == at(1300))
    }

    @Test("after one was read, the next change is noticed, the return to the first too")
    func again() {
        #expect(reads([(0, "b"), (200, "b"), (700, "a"), (900, "a"), (1400, "a")]) == [200, 900])
    }

    @Test("a moment that has passed already is not waited for")
    func late() {
        var detector = ChangeDetector<String>()
        _ = detector.saw("b", whileRead: "a", at: at(0))
        #expect(detector.nextLook(after: at(5000)) == at(5000))
    }
}
