import Testing

@testable import CouchFeed

@Suite("Whether a shared feed flows")
struct FlowGateTests {
    private static let start = ContinuousClock.now
    private static let roomy = FlowGate.Attached(hasRoom: true, lastDetached: nil)
    private static let full = FlowGate.Attached(hasRoom: false, lastDetached: nil)

    @Test("It flows where all have room, and where nobody is attached")
    func flows() {
        var gate = FlowGate()
        #expect(gate.decide([], at: Self.start) == .flow)
        #expect(gate.decide([Self.roomy, Self.roomy], at: Self.start) == .flow)
    }

    @Test("Where nobody has room it waits, since it delays nobody")
    func allFull() {
        var gate = FlowGate()
        #expect(gate.decide([Self.full, Self.full], at: Self.start) == .wait(nil))
        #expect(gate.decide([Self.full, Self.full], at: Self.start + .seconds(60)) == .wait(nil))
    }

    @Test("For one that has no room it waits a moment, and no longer")
    func patience() {
        var gate = FlowGate()
        #expect(gate.decide([Self.full, Self.roomy], at: Self.start) == .wait(FlowGate.patience))
        let soon = Self.start + .milliseconds(20)
        #expect(gate.decide([Self.full, Self.roomy], at: soon) == .wait(.milliseconds(30)))
        #expect(gate.decide([Self.full, Self.roomy], at: Self.start + FlowGate.patience) == .detachFull)
    }

    @Test("It flows on as soon as that one has room, and its patience begins anew")
    func backAtOnce() {
        var gate = FlowGate()
        _ = gate.decide([Self.full, Self.roomy], at: Self.start)
        #expect(gate.decide([Self.roomy, Self.roomy], at: Self.start + .milliseconds(10)) == .flow)
        let later = Self.start + .seconds(1)
        #expect(gate.decide([Self.full, Self.roomy], at: later) == .wait(FlowGate.patience))
    }

    @Test("For one that has just made others wait in vain it does not wait again")
    func impatience() {
        var gate = FlowGate()
        let slow = FlowGate.Attached(hasRoom: false, lastDetached: Self.start)
        #expect(gate.decide([slow, Self.roomy], at: Self.start + .seconds(9)) == .detachFull)
        #expect(gate.decide([slow, Self.roomy], at: Self.start + .seconds(10)) == .wait(FlowGate.patience))
    }
}
