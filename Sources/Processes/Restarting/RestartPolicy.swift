/// Starts a child again however it ends, for ever: after `first`, then twice as long each time, up to `longest`; after a
/// life of `steady` or more it begins with `first` again.
public struct RestartPolicy: RestartRule, Equatable {
    /// The shortest pause.
    public let first: Duration

    /// The longest pause.
    public let longest: Duration

    /// A child that lived this long was well: what came before is forgotten.
    public let steady: Duration

    /// ``steady``, where nothing else is said.
    public static let steadyLife = Duration.seconds(10)

    private var next: Duration
    private var failures = 0

    /// Makes a policy in which nothing has failed yet.
    public init(first: Duration = .milliseconds(100), longest: Duration = .seconds(30), steady: Duration = steadyLife) {
        self.first = first
        self.longest = longest
        self.steady = steady
        self.next = first
    }

    /// The pause before the next start, for a child that ended after a life of `life` (0 if it could not be started).
    public mutating func pause(afterLifeOf life: Duration) -> Duration {
        if life >= steady {
            forget()
        }
        failures += 1
        let pause = min(next, longest)
        next = min(next * 2, longest)
        return pause
    }

    /// The pause; never a halt.
    public mutating func afterEnd(ofLife life: Duration, at now: Timekeeper.Instant) -> AfterEnd {
        .start(after: pause(afterLifeOf: life))
    }

    /// The next pause is the shortest.
    public mutating func forget() {
        next = first
        failures = 0
    }

    /// How many ends there were in a row, each after a short life.
    public func failures(at now: Timekeeper.Instant) -> Int { failures }
}
