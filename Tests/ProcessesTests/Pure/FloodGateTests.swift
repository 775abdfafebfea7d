import Testing

@testable import Processes

@Suite("The flood gate")
struct FloodGateTests {
    private let start = ContinuousClock.now

    @Test("a burst passes whole, then only what the rate allows")
    func burstThenRate() {
        var gate = FloodGate(burst: 200, perSecond: 20)
        let burst = (0..<1000).count { _ in gate.admits(lineOf: 10, at: start) }
        #expect(burst == 200)
        let dropped = [gate.takeDropped(), gate.takeDropped()]
        #expect(dropped == [800, 0])
        let second = (0..<1000).count { _ in gate.admits(lineOf: 10, at: start.advanced(by: .seconds(1))) }
        #expect(second == 20)
    }

    @Test("a pause fills it, but never beyond the burst")
    func refill() {
        var gate = FloodGate(burst: 5, perSecond: 1)
        _ = (0..<10).map { _ in gate.admits(lineOf: 0, at: start) }
        let later = (0..<10).count { _ in gate.admits(lineOf: 0, at: start.advanced(by: .seconds(3600))) }
        #expect(later == 5)
    }

    @Test("a line pays one more for each whole KiB, so that long lines do not slip through")
    func longLines() {
        var gate = FloodGate(burst: 200, perSecond: 20)
        let passed = (0..<1000).count { _ in gate.admits(lineOf: 16_384, at: start) }
        #expect(passed == 200 / 17)
    }

    @Test("time that runs backwards neither fills nor breaks it")
    func backwards() {
        var gate = FloodGate(burst: 1, perSecond: 1)
        let passed = [0, -100_000, 900, 1100].map { gate.admits(lineOf: 0, at: start.advanced(by: .milliseconds($0))) }
        #expect(passed == [true, false, false, true])
    }
}
