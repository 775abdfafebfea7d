/// Where the time comes from. Tests bring their own.
public struct Timekeeper: Sendable {
    /// A moment of the continuous clock.
    public typealias Instant = ContinuousClock.Instant

    /// The present moment.
    public let now: @Sendable () -> Instant

    /// Returns at that moment, or at once when the task is cancelled.
    public let sleep: @Sendable (Instant) async -> Void

    /// Makes a source of time.
    public init(now: @escaping @Sendable () -> Instant, sleep: @escaping @Sendable (Instant) async -> Void) {
        self.now = now
        self.sleep = sleep
    }

    /// The time of the machine.
    public static let system = Timekeeper(
        now: { .now },
        sleep: { instant in try? await Task.sleep(until: instant, clock: .continuous) }
    )

    /// Makes sure that tasks can sleep from now on, also when no file descriptor is left: Dispatch takes those of its
    /// timers when the first sleep begins. If it gets none, that sleep never ends, or the process ends with a trap.
    ///
    /// Returns at once. A sleep that is over before Dispatch looks at it takes no timer, so this is a long one.
    public static func prepare() {
        Task.detached { await system.sleep(.now + .seconds(1)) }
    }
}

extension Duration {
    /// The duration as a person would say it: "400 ms", "0.2 s" is "200 ms", "12.8 s", "30 s".
    var inWords: String {
        let (seconds, attoseconds) = components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        if milliseconds < 1000 {
            return "\(milliseconds) ms"
        }
        let tenths = (milliseconds + 50) / 100
        return tenths % 10 == 0 || tenths >= 1000 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }
}
