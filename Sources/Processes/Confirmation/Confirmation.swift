/// Keeps count of the lines that were handed to a child and of its answers, and says what these mean. It knows no line,
/// does no I/O and has no clock.
///
/// The owner keeps the lines in order, from the first that is not confirmed on, and a place in them: the next line to be
/// handed. It hands no more than ``room``, does what the ``Action``s say, and calls ``timePassed(to:hasReadFirst:)`` at
/// ``deadline``. Each call may change both.
///
/// For a failed delivery only the first unanswered line is blamed: the child answers in order, so this is the line that
/// it was at. Those behind it were read ahead, perhaps not even that, and would else be given up for what another line
/// has done to the child.
public struct Confirmation: Sendable {
    /// What the owner has to do.
    public enum Action: Sendable, Equatable {
        /// So many lines, from the first unconfirmed one on, are done.
        case confirmed(Int)

        /// The first unconfirmed line becomes a dead letter after so many deliveries, and is done.
        case dropped(reason: String, deliveries: Int)

        /// Go back to the first unconfirmed line, and hand from there on once there is ``Confirmation/room``.
        case stepBack

        /// Stop the child and start it again; why, in words that follow its name and a colon. Whatever else comes from
        /// it means nothing.
        case restart(why: String)
    }

    /// Up to two actions, in their order; no allocation is needed to make them.
    public struct Actions: Sendable, Equatable, Sequence, IteratorProtocol {
        private var first: Action?
        private var second: Action?

        init(_ first: Action? = nil, _ second: Action? = nil) {
            self.first = first ?? second
            self.second = first.flatMap { _ in second }
        }

        /// Takes the next action out.
        public mutating func next() -> Action? {
            defer {
                first = second
                second = nil
            }
            return first
        }
    }

    private enum Phase {
        /// There is no child.
        case absent
        /// It has not said yet that it is ready.
        case greeting
        case answering
        /// It is to be ended, and no longer listened to.
        case ignored
    }

    /// How long a line that was asked for again waits after its first failure; after each further one twice as long.
    static let firstBackoff: Duration = .milliseconds(100)

    /// How long it waits at most.
    static let longestBackoff: Duration = .seconds(30)

    private var window: Int
    private var timeout: Duration
    private var attempts: Int?
    private let greets: Bool

    private var phase = Phase.absent
    /// Lines that were handed and whose answers are waited for.
    private var unanswered = 0
    /// Lines that were handed and whose answers mean nothing, since a line before them is to come again.
    private var passedOver = 0
    /// How many deliveries of the first unconfirmed line have failed.
    private var failures = 0
    /// Since when an answer, or the greeting, is waited for; kept up only while there is something to wait for.
    private var waitingSince: Timekeeper.Instant?
    private var backoffEnd: Timekeeper.Instant?

    /// A confirmation of which nothing is under way.
    /// - Parameters:
    ///   - window: How many lines may be under way unanswered, at least 1.
    ///   - timeout: How long an answer may take.
    ///   - attempts: After how many failed deliveries a line is given up; `nil` for never.
    ///   - greets: Whether the child says `ok` once when it is ready, before it is given anything.
    public init(window: Int, timeout: Duration, attempts: Int?, greets: Bool = false) {
        self.window = max(window, 1)
        self.timeout = timeout
        self.attempts = attempts
        self.greets = greets
    }

    /// Other limits than before. What is under way is kept, be it more than the window has room for.
    public mutating func change(window: Int, timeout: Duration, attempts: Int?) {
        self.window = max(window, 1)
        self.timeout = timeout
        self.attempts = attempts
    }

    /// How many lines may be handed now: none while the window is full, answers are passed over, a back-off runs, or no
    /// child lives that is ready.
    public var room: Int {
        guard phase == .answering, passedOver == 0, backoffEnd == nil else { return 0 }
        return max(window - unanswered, 0)
    }

    /// How many lines are in the child's hands: those whose answers are waited for, and those whose answers will be
    /// passed over.
    public var underWay: Int { unanswered + passedOver }

    /// When ``timePassed(to:hasReadFirst:)`` is to be called, unless an answer comes first: an answer is late then, or a
    /// back-off is over.
    public var deadline: Timekeeper.Instant? {
        guard let late else { return backoffEnd }
        return backoffEnd.map { min($0, late) } ?? late
    }

    /// When what is waited for is late.
    private var late: Timekeeper.Instant? {
        isWaiting ? waitingSince?.advanced(by: timeout) : nil
    }

    private var isWaiting: Bool {
        switch phase {
        case .absent, .ignored: false
        case .greeting: true
        case .answering: underWay > 0
        }
    }
}

// What happens.
extension Confirmation {
    /// A child begins, to which nothing was handed yet: the owner goes back to the first unconfirmed line.
    public mutating func childBegan(at now: Timekeeper.Instant) {
        phase = greets ? .greeting : .answering
        waitingSince = now
        unanswered = 0
        passedOver = 0
    }

    /// The next so many lines are being written to the child, no more than ``room``. To be called before the first byte
    /// of them is, or the answer may be faster.
    public mutating func handed(_ lines: Int, at now: Timekeeper.Instant) {
        assert(lines <= room, "more lines than there is room for")
        if !isWaiting {
            waitingSince = now
        }
        unanswered += lines
    }

    /// The child has written a line on stdout.
    public mutating func answered(_ answer: Answer, at now: Timekeeper.Instant) -> Actions {
        switch phase {
        case .absent, .ignored:
            return Actions()
        case .greeting:
            guard answer == .ok else { return end("it did not begin with OK, but with \(answer.quoted)") }
            phase = .answering
            return Actions()
        case .answering:
            break
        }
        switch answer {
        case .wait:
            waitingSince = now
            return Actions()
        case .unknown:
            return fail("it answered \(answer.quoted), which is none of ok, retry, wait and drop")
        case .ok, .retry, .drop:
            guard underWay > 0 else { return end("it answered more lines than it was given") }
        }
        waitingSince = now
        if passedOver > 0 {
            passedOver -= 1
            return Actions()
        }
        unanswered -= 1
        switch answer {
        case .retry(let reason):
            return retry(reason, at: now)
        case .drop(let reason):
            defer { failures = 0 }
            return Actions(.dropped(reason: reason.isEmpty ? "no reason given" : reason, deliveries: failures + 1))
        default:
            failures = 0
            return Actions(.confirmed(1))
        }
    }

    /// The child has ended, and all that it wrote was given to ``answered(_:at:)``.
    /// - Parameters:
    ///   - isOrdered: Whether it was told to, so that no line is to blame.
    ///   - hasReadFirst: Whether it had read anything of the first unanswered line: one that is still in the pipe is not
    ///     to blame either, as when the command cannot be run.
    public mutating func childEnded(isOrdered: Bool, hasReadFirst: Bool = true) -> Actions {
        let isToBlame = phase == .answering && unanswered > 0 && !isOrdered && hasReadFirst
        phase = .absent
        unanswered = 0
        passedOver = 0
        return Actions(isToBlame ? blame("it ended before it answered") : nil)
    }

    /// It is that late.
    /// - Parameter hasReadFirst: See ``childEnded(isOrdered:hasReadFirst:)``.
    public mutating func timePassed(to now: Timekeeper.Instant, hasReadFirst: Bool = true) -> Actions {
        if let end = backoffEnd, end <= now {
            backoffEnd = nil
        }
        guard let late, late <= now else { return Actions() }
        if phase == .greeting {
            return end("it did not say OK within \(timeout.inWords)")
        }
        return fail("no answer within \(timeout.inWords)", isToBlame: hasReadFirst)
    }

    private mutating func retry(_ reason: String, at now: Timekeeper.Instant) -> Actions {
        passedOver = unanswered
        unanswered = 0
        if let dropped = blame(reason.isEmpty ? "retry" : "retry: \(reason)") {
            return Actions(dropped, .stepBack)
        }
        // Ten doublings are beyond the longest.
        let backoff = min(Self.firstBackoff * (1 << min(failures - 1, 10)), Self.longestBackoff)
        backoffEnd = now.advanced(by: backoff)
        return Actions(.stepBack)
    }

    private mutating func fail(_ why: String, isToBlame: Bool = true) -> Actions {
        // Where answers are passed over, the first line has had its failure already.
        let dropped = isToBlame && unanswered > 0 ? blame(why) : nil
        ignoreChild()
        return Actions(dropped, .restart(why: why))
    }

    private mutating func end(_ why: String) -> Actions {
        ignoreChild()
        return Actions(.restart(why: why))
    }

    private mutating func ignoreChild() {
        phase = .ignored
        unanswered = 0
        passedOver = 0
    }

    /// Counts a failed delivery of the first unconfirmed line; the action if it was the last one.
    private mutating func blame(_ reason: String) -> Action? {
        failures += 1
        guard let attempts, failures >= attempts else { return nil }
        defer { failures = 0 }
        backoffEnd = nil
        return .dropped(reason: reason, deliveries: failures)
    }
}

extension Answer {
    /// The beginning of what was said, for a message.
    fileprivate var quoted: String {
        let text =
            switch self {
            case .ok: "ok"
            case .wait: "wait"
            case .retry(let reason): reason.isEmpty ? "retry" : reason
            case .drop(let reason): reason.isEmpty ? "drop" : "drop \(reason)"
            case .unknown(let text): text
            }
        let bytes = Array(text.utf8.prefix(80))
        let isCut = bytes.count < text.utf8.count
        return "'\(LogText.escaped(isCut ? LogText.withoutHalfCharacter(bytes) : bytes))\(isCut ? "..." : "")'"
    }
}
