import Testing

@testable import CouchFeed

@Suite("The way back to the shared feed")
struct CatchUpTests {
    private static func seq(_ text: String) -> Seq { Seq(json: text.utf8) }

    @Test("It reads in batches until little is left, joins, reads to the end, and is back")
    func way() {
        var plan = CatchUpPlan(position: Self.seq("1"))
        #expect(plan.begin() == .read(since: Self.seq("1"), limit: CatchUpPlan.batchSize))
        #expect(
            plan.ended(FeedTail(lastSeq: Self.seq("2"), pending: 5000), count: 10_000)
                == .read(since: Self.seq("2"), limit: CatchUpPlan.batchSize)
        )
        #expect(plan.pending == 5000)
        #expect(plan.ended(FeedTail(lastSeq: Self.seq("3"), pending: 900), count: 10_000) == .join)
        #expect(!plan.isJoining)
        #expect(plan.joined() == .read(since: Self.seq("3"), limit: nil))
        #expect(plan.isJoining)
        #expect(plan.ended(FeedTail(lastSeq: Self.seq("4"), pending: 0), count: 900) == .finish)
    }

    @Test("Where the server does not count what is left, a batch that was not full is the last")
    func uncounted() {
        var plan = CatchUpPlan(position: .zero)
        #expect(
            plan.ended(FeedTail(lastSeq: Self.seq("2"), pending: nil), count: CatchUpPlan.batchSize)
                == .read(since: Self.seq("2"), limit: CatchUpPlan.batchSize)
        )
        #expect(plan.ended(FeedTail(lastSeq: Self.seq("3"), pending: nil), count: 17) == .join)
    }

    @Test("On a cluster the last reading begins at an older place of the shared feed")
    func cluster() {
        var plan = CatchUpPlan(position: Self.seq("9"))
        #expect(plan.joined(readingFrom: Self.seq("5")) == .read(since: Self.seq("5"), limit: nil))
    }

    @Test("What is broken off goes on from the last row that was given")
    func stepBack() {
        var plan = CatchUpPlan(position: .zero)
        _ = plan.joined()
        plan.gave(Self.seq("7"))
        plan.stepBack()
        #expect(!plan.isJoining)
        #expect(plan.begin() == .read(since: Self.seq("7"), limit: CatchUpPlan.batchSize))
    }

    @Test("Where a feed stood at some moment is known to the second, for a minute")
    func history() {
        var history = PlaceHistory()
        let start = ContinuousClock.now
        #expect(history.place(at: start) == nil)
        for tenth in 0..<1200 { history.note(Self.seq("\(tenth)"), at: start + .milliseconds(100 * tenth)) }
        let now = start + .milliseconds(119_900)
        #expect(history.place(at: now) == Self.seq("1199"))
        #expect(history.place(at: start) == nil)
        for second in [1, 10, 30, 50] {
            let place = history.place(at: now - .seconds(second))
            let number = Int(place?.integer ?? 0)
            #expect(
                (1199 - second * 10 - 10...1199 - second * 10).contains(number),
                "\(second) s ago it was at \(number)"
            )
        }
    }

    @Test("A place that the feed has not left for long is an old one")
    func oldPlace() {
        var history = PlaceHistory()
        let start = ContinuousClock.now
        history.note(Self.seq("1"), at: start)
        #expect(history.place(at: start + .seconds(3600)) == Self.seq("1"))
    }
}
