import Testing

@testable import Processes

@Suite("The life of a child, without processes")
struct ChildLifeTests {
    private let timeout = Duration.seconds(5)

    /// A life by reference: `#expect` cannot call what changes a value.
    private final class Life {
        private var life: ChildLife

        init(stopTimeout: Duration) {
            life = ChildLife(stopTimeout: stopTimeout)
        }

        func handle(_ event: ChildLife.Event) -> [ChildLife.Action] { life.handle(event) }
    }

    private func running() -> Life {
        let life = Life(stopTimeout: timeout)
        #expect(life.handle(.started) == [])
        return life
    }

    @Test("a child that ends alone is over at once")
    func endsAlone() {
        let life = running()
        #expect(life.handle(.ended(othersLive: false)) == [.finish])
        #expect(life.handle(.stop) == [])
    }

    @Test("what a child left behind gets some time, TERM and KILL")
    func leavesOthers() {
        let life = running()
        #expect(life.handle(.ended(othersLive: true)) == [.watchOthers, .wait(ChildLife.grace, 1)])
        #expect(life.handle(.waited(1)) == [.terminateGroup, .wait(timeout, 2)])
        #expect(life.handle(.waited(2)) == [.killGroup, .wait(ChildLife.killPatience, 3)])
        #expect(life.handle(.othersGone) == [.finish])
    }

    @Test("what cannot even be killed is given up")
    func givesUp() {
        let life = running()
        _ = life.handle(.ended(othersLive: true))
        _ = life.handle(.waited(1))
        _ = life.handle(.waited(2))
        #expect(life.handle(.waited(3)) == [.finish])
    }

    @Test("a stop closes stdin, then sends TERM, then KILL, with a wait before each")
    func stopSequence() {
        let life = running()
        #expect(life.handle(.stop) == [.endInput, .wait(timeout, 1)])
        #expect(life.handle(.stop) == [])
        #expect(life.handle(.waited(1)) == [.terminateGroup, .wait(timeout, 2)])
        #expect(life.handle(.waited(1)) == [])
        #expect(life.handle(.waited(2)) == [.killGroup])
        #expect(life.handle(.ended(othersLive: false)) == [.finish])
    }

    @Test("in a stop, what outlives the child goes on from where the child was")
    func othersOutliveStop() {
        let closing = running()
        _ = closing.handle(.stop)
        #expect(closing.handle(.ended(othersLive: true)) == [.watchOthers])
        #expect(closing.handle(.waited(1)) == [.terminateGroup, .wait(timeout, 2)])

        let terminating = running()
        _ = terminating.handle(.stop)
        _ = terminating.handle(.waited(1))
        #expect(terminating.handle(.ended(othersLive: true)) == [.watchOthers])
        #expect(terminating.handle(.waited(2)) == [.killGroup, .wait(ChildLife.killPatience, 3)])

        let killing = running()
        _ = killing.handle(.kill)
        #expect(killing.handle(.ended(othersLive: true)) == [.watchOthers, .wait(ChildLife.killPatience, 1)])
        #expect(killing.handle(.othersGone) == [.finish])
    }

    @Test("a stop that comes before the start closes stdin at once and goes on after it")
    func stopBeforeStart() {
        let life = Life(stopTimeout: timeout)
        #expect(life.handle(.stop) == [.endInput])
        #expect(life.handle(.started) == [.endInput, .wait(timeout, 1)])
        let failed = Life(stopTimeout: timeout)
        _ = failed.handle(.stop)
        #expect(failed.handle(.ended(othersLive: false)) == [.finish])
    }

    @Test("one that is to be replaced goes the way of a stop, once; one that has not begun was not meant")
    func replace() {
        let life = running()
        #expect(life.handle(.replace) == [.endInput, .wait(timeout, 1)])
        #expect(life.handle(.replace) == [])
        #expect(life.handle(.stop) == [])
        #expect(life.handle(.waited(1)) == [.terminateGroup, .wait(timeout, 2)])
        #expect(life.handle(.kill) == [.endInput, .killGroup])

        let starting = Life(stopTimeout: timeout)
        #expect(starting.handle(.replace) == [])
        #expect(starting.handle(.started) == [])
        #expect(starting.handle(.inputBroken) == [.wait(ChildLife.dying, 1)])
        #expect(starting.handle(.replace) == [.endInput, .wait(timeout, 2)])
        #expect(starting.handle(.waited(1)) == [], "it is known already that it is to be ended")
    }

    @Test("a kill comes through in every phase, and once")
    func kill() {
        let life = Life(stopTimeout: timeout)
        _ = life.handle(.stop)
        #expect(life.handle(.kill) == [.endInput])
        #expect(life.handle(.started) == [.endInput, .killGroup])
        #expect(life.handle(.kill) == [])

        let stopping = running()
        _ = stopping.handle(.stop)
        #expect(stopping.handle(.kill) == [.endInput, .killGroup])
        // The wait of the stop sequence is over, and means nothing any more.
        #expect(stopping.handle(.waited(1)) == [])

        let leftBehind = running()
        _ = leftBehind.handle(.ended(othersLive: true))
        #expect(leftBehind.handle(.kill) == [.endInput, .killGroup, .wait(ChildLife.killPatience, 2)])
    }

    @Test("a broken stdin is the sign of a death, unless the child lives on: then it is stopped")
    func brokenInput() {
        let dying = running()
        #expect(dying.handle(.inputBroken) == [.wait(ChildLife.dying, 1)])
        #expect(dying.handle(.ended(othersLive: false)) == [.finish])

        let living = running()
        _ = living.handle(.inputBroken)
        #expect(living.handle(.waited(1)) == [.reportClosedInput, .endInput, .wait(timeout, 2)])
        #expect(living.handle(.waited(2)) == [.terminateGroup, .wait(timeout, 3)])

        let stopping = running()
        _ = stopping.handle(.stop)
        #expect(stopping.handle(.inputBroken) == [])
    }
}
