public import Logging
import NIOConcurrencyHelpers

/// CouchDB's API for `os_daemons` over the stdio of one daemon, for all its lives: a line each way. Only `get` is answered.
///
/// Give ``input`` and this to the daemon's ``Supervisor``, and tell ``onFailure(_:)`` how to end a daemon that asks and
/// does not read.
public final class StdioAPI: ChildOutput {
    private struct State {
        var registrations = Registrations()
        var hasFailed = false
        var lastError: (text: String, time: Timekeeper.Instant)?
        var fail: (@Sendable (_ why: String) -> Void)?
    }

    /// What the daemon reads.
    public var input: any ChildInput { answers }

    private let title: String
    private let configuration: @Sendable () -> any DaemonConfiguration
    private let answers = AnswerQueue()
    private let others: LoggedOutput
    private let messages: GatedLog
    private let errors: GatedLog
    /// Its metadata has the daemon's name.
    private let logger: Logger
    private let time: Timekeeper
    private let state = NIOLockedValueBox(State())

    /// A message is cut for the log beyond so many bytes, as lines of stderr are.
    private static let longestMessage = 16_384
    /// A complaint is cut beyond so many bytes, whatever it quotes: it is kept, and stands in each status.
    private static let longestComplaint = 2000
    /// A daemon that logs a good deal is no flood yet.
    private static let messageGate = FloodGate(burst: 1000, perSecond: 100)

    /// - Parameters:
    ///   - name: The daemon's.
    ///   - configuration: The configuration as it is now; asked for each request.
    public init(
        daemon name: String,
        configuration: @escaping @Sendable () -> any DaemonConfiguration,
        logger: Logger,
        time: Timekeeper = .system
    ) {
        title = "daemon \(name)"
        self.configuration = configuration
        self.time = time
        others = LoggedOutput(kind: "daemon", name: name, logger: logger, time: time)
        messages = GatedLog(
            title: title,
            what: "log messages",
            gate: Self.messageGate,
            logger: logger,
            time: time
        )
        errors = GatedLog(title: title, what: "faulty requests", logger: logger, time: time)
        var named = logger
        named[metadataKey: "daemon"] = "\(name)"
        self.logger = named
    }

    /// `fail` is called, from the thread that reads children's output, when the daemon is to be ended as failed; `why`
    /// says it in words that follow its name.
    public func onFailure(_ fail: @escaping @Sendable (_ why: String) -> Void) {
        state.withLockedValue { $0.fail = fail }
    }

    /// What the daemon wants to be restarted for, in the order in which it asked, once each; 1,000 at most, of 1 kB
    /// each. It survives the daemon.
    public var registrations: [DaemonRegistration] {
        state.withLockedValue { $0.registrations.inOrder }
    }

    /// It is another program from now on, which has asked for nothing yet. The old one may live on for a while, or have
    /// left something in its pipe: what it still registers for is not taken.
    /// - Parameter count: How many lives were the old program's, as ``ChildStatus/starts`` counts them.
    public func forgetRegistrations(ofLives count: Int) {
        state.withLockedValue { $0.registrations.forget(lives: count) }
    }

    /// The last request that was faulty, and when it came; `nil` if none was.
    public var lastError: (text: String, time: Timekeeper.Instant)? {
        state.withLockedValue { $0.lastError }
    }

    /// The daemon's last line on stderr.
    public var lastWords: String? { others.lastWords }

    // MARK: ChildOutput

    /// 1 MiB.
    public var standardOutputLimit: Int { 1 << 20 }

    public func standardOutput(_ line: ChildLine) {
        guard !line.cut else {
            return complain("has written a line to stdout that is longer than \(line.bytes.count) bytes")
        }
        switch DaemonRequest(line.bytes) {
        case .section(let name): answer { $0.answer(section: name) }
        case .value(let section, let key): answer { $0.answer(section: section, key: key) }
        case .register(let registration):
            // All that a life writes comes before the next one begins, so this is the one that wrote it.
            let life = answers.lives
            let refusal = state.withLockedValue { $0.registrations.add(registration, life: life) }
            if let refusal { complain(refusal) }
        case .log(let message, let level, let badLevel):
            if let badLevel {
                complain("has logged at a level that is not known: \(badLevel); levels are debug, info and error")
            }
            log(message, at: level)
        case .malformed(let why): complain(why)
        }
    }

    public func standardError(_ line: ChildLine) {
        others.standardError(line)
    }

    public func ended() {
        state.withLockedValue { $0.hasFailed = false }
        others.ended()
        messages.tellDropped()
        errors.tellDropped()
    }

    private func answer(_ make: (any DaemonConfiguration) -> [UInt8]) {
        // One that is being ended may ask on as fast as it can: that must cost next to nothing, for the thread that this
        // runs on reads for all children.
        guard !state.withLockedValue({ $0.hasFailed }), !answers.add(make(configuration())) else { return }
        let fail = state.withLockedValue { state in
            state.hasFailed = true
            return state.fail
        }
        fail?("it has asked and does not read: \(AnswerQueue.limit / 1_000_000) MB of answers wait for it")
    }

    private func log(_ message: String, at level: DaemonRequest.Level) {
        // What is not shown is no flood.
        guard level.logged >= logger.logLevel else { return }
        let bytes = message.utf8.count
        guard messages.admits(lineOf: min(bytes, Self.longestMessage)) else { return }
        let line =
            bytes <= Self.longestMessage
            ? ChildLine(bytes: Array(message.utf8))
            : ChildLine(bytes: Array(message.utf8.prefix(Self.longestMessage)), cut: true)
        logger.log(level: level.logged, "\(line.text)")
    }

    private func complain(_ why: String) {
        // What it wrote may hold anything.
        let text = DaemonRequest.excerpt(Array(why.utf8), upTo: Self.longestComplaint)
        state.withLockedValue { $0.lastError = (text, time.now()) }
        guard errors.admits(lineOf: text.utf8.count) else { return }
        logger.error("\(title) \(text)")
    }
}

extension DaemonRequest.Level {
    fileprivate var logged: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .error: .error
        }
    }
}
