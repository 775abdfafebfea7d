import NIOConcurrencyHelpers
import Processes

/// A time that stands still until somebody sleeps or it is moved: each sleep is over at once, and the time is then what
/// was slept for.
final class TestTime: Sendable {
    private let start = ContinuousClock.now
    private let box: NIOLockedValueBox<ContinuousClock.Instant>

    init() {
        box = NIOLockedValueBox(start)
    }

    /// How much time has passed.
    var passed: Duration { box.withLockedValue { $0 } - start }

    func advance(by duration: Duration) {
        box.withLockedValue { $0 = $0.advanced(by: duration) }
    }

    var keeper: Timekeeper {
        Timekeeper(
            now: { self.box.withLockedValue { $0 } },
            sleep: { instant in self.box.withLockedValue { $0 = max($0, instant) } }
        )
    }
}
