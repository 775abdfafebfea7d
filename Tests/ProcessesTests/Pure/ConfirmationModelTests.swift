import Testing

@testable import Processes

/// Splitmix64: the same numbers for the same seed, everywhere.
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// An owner with numbered lines and a child that answers at random, dies, and is told to go.
private struct Play {
    static let lineCount = 300
    static let attempts = 4

    var random: Generator
    let window: Int
    var confirmation: Processes.Confirmation
    var now = ContinuousClock.now

    // The owner's.
    var firstUnconfirmed = 0
    var nextToHand = 0

    // The child's: what it has been given and not answered, and whether it lives.
    var lives = false
    var given: [Int] = []

    // The truth.
    var answeredOK: Set<Int> = []
    var answeredDrop: Set<Int> = []
    /// How many times the child was at a line when it failed.
    var failures: [Int: Int] = [:]
    var confirmed: [Int] = []
    var dropped: [Int: Int] = [:]

    init(seed: UInt64) {
        random = Generator(state: seed)
        window = Int.random(in: 1...20, using: &random)
        confirmation = Processes.Confirmation(window: window, timeout: .seconds(60), attempts: Self.attempts)
    }

    mutating func run() {
        var steps = 0
        while firstUnconfirmed < Self.lineCount, steps < 200_000 {
            steps += 1
            step()
            #expect(given.count <= window)
            #expect(confirmation.underWay <= window)
        }
        #expect(firstUnconfirmed == Self.lineCount, "all is done in the end")
    }

    mutating func step() {
        guard lives else {
            lives = true
            given = []
            nextToHand = firstUnconfirmed
            return confirmation.childBegan(at: now)
        }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: hand()
        case 40..<85: answer()
        case 85..<97: pass(.milliseconds(Int.random(in: 1...50, using: &random)))
        case 97: pass(.seconds(60))
        case 98: die(isOrdered: false)
        default: die(isOrdered: true)
        }
    }

    mutating func hand() {
        let most = min(confirmation.room, Self.lineCount - nextToHand)
        guard most > 0 else { return }
        let count = Int.random(in: 1...most, using: &random)
        confirmation.handed(count, at: now)
        given += nextToHand..<(nextToHand + count)
        nextToHand += count
    }

    mutating func answer() {
        guard let line = given.first else {
            if Int.random(in: 0..<100, using: &random) == 0 { act(confirmation.answered(.ok, at: now), blamed: nil) }
            return
        }
        switch Int.random(in: 0..<20, using: &random) {
        case 0:
            act(confirmation.answered(.unknown("x"), at: now), blamed: line)
        case 1:
            act(confirmation.answered(.wait, at: now), blamed: nil)
        case 2, 3:
            given.removeFirst()
            act(confirmation.answered(.retry(reason: "r"), at: now), blamed: line)
        case 4:
            given.removeFirst()
            answeredDrop.insert(line)
            act(confirmation.answered(.drop(reason: "d"), at: now), blamed: nil)
        default:
            given.removeFirst()
            answeredOK.insert(line)
            act(confirmation.answered(.ok, at: now), blamed: nil)
        }
    }

    mutating func pass(_ time: Duration) {
        now = now.advanced(by: time)
        let actions = confirmation.timePassed(to: now)
        act(actions, blamed: Array(actions).isEmpty ? nil : given.first)
    }

    mutating func die(isOrdered: Bool) {
        act(confirmation.childEnded(isOrdered: isOrdered), blamed: isOrdered ? nil : given.first)
        lives = false
    }

    /// A line is at fault if the child was at it and it is the first one; which is only so if none was passed over.
    mutating func act(_ actions: Processes.Confirmation.Actions, blamed: Int?) {
        if let blamed, blamed == firstUnconfirmed { failures[blamed, default: 0] += 1 }
        for action in actions {
            switch action {
            case .confirmed(let count):
                for line in firstUnconfirmed..<(firstUnconfirmed + count) {
                    #expect(answeredOK.contains(line), "confirmed though it was not answered ok")
                    confirmed.append(line)
                }
                firstUnconfirmed += count
            case .dropped(let reason, let deliveries):
                let line = firstUnconfirmed
                if reason == "d" {
                    #expect(answeredDrop.contains(line))
                } else {
                    #expect(deliveries == Self.attempts)
                    #expect(failures[line] == Self.attempts, "given up when it has failed so often, and not before")
                }
                dropped[line] = deliveries
                firstUnconfirmed += 1
            case .stepBack:
                nextToHand = firstUnconfirmed
            case .restart:
                lives = false
                #expect(confirmation.room == 0)
                #expect(Array(confirmation.answered(.ok, at: now)) == [])
                #expect(Array(confirmation.childEnded(isOrdered: false)) == [])
            }
        }
    }
}

@Suite("Lines confirmed, against a model")
struct ConfirmationModelTests {
    @Test(
        "whatever the child answers and however it dies, no line is lost, none is confirmed that was not done",
        arguments: 0..<40 as Range<UInt64>
    )
    func play(seed: UInt64) {
        var play = Play(seed: seed)
        play.run()
        let done = Set(play.confirmed).union(play.dropped.keys)
        #expect(done.count == Play.lineCount)
        #expect(play.confirmed.count + play.dropped.count == Play.lineCount, "none twice")
        #expect(play.confirmed == play.confirmed.sorted())
    }
}
