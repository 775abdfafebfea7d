import NIOConcurrencyHelpers
import PocketCouch

/// The clock of an embedded server, which the test moves: by it lives of a database are told apart.
final class TestClock: Sendable {
    private let now = NIOLockedValueBox(1_795_218_688_000_000)

    func advance(seconds: Int) { now.withLockedValue { $0 += seconds * 1_000_000 } }

    var read: WallClock { { [now] in now.withLockedValue { $0 } } }

    /// A clock that is a second further at each look, so that no two lives begin in one.
    static var hurrying: WallClock {
        let clock = TestClock()
        return {
            clock.advance(seconds: 1)
            return clock.now.withLockedValue { $0 }
        }
    }
}
