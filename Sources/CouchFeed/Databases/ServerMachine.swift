/// Decides whether the server is there, and when to ask it again.
///
/// A thousand feeds that break at once are one event: whether the server is
/// there is asked once, for all of them, and nothing else is asked while it is
/// not. A value that knows no I/O: each event says what to do next.
struct ServerMachine {
    enum Action: Equatable {
        /// Ask `GET /`.
        case ask
        /// Call ``ServerMachine/waitIsOver()`` after this long.
        case wait(Duration)
        /// It is there (again): list its databases, ask what waits.
        case up(ServerInfo, isFirst: Bool)
        /// It was not away after all: list its databases, since something broke.
        case stillUp
        /// Call ``ServerMachine/restIsOver()`` after this long.
        case rest(Duration)
        case down(why: String, next: Duration)
        case refused(Refusal, next: Duration)
        /// Another server answers than the one that was followed before Herald was last stopped. Nothing more is done.
        case wrong(ServerInfo)
        /// Another server answers than the one that is followed, which counts as away.
        case stranger(ServerInfo, next: Duration)
    }

    private enum State: Equatable {
        case up
        case down
    }

    private var state = State.down
    private var isAsked = false
    private var mustAskAgain = false
    private var isWaiting = false
    private var backoff = Backoff()
    private(set) var info: ServerInfo?
    private var isResting = false
    private var lastTold: String?
    private let expectedID: String?
    private let isWrongFatal: Bool

    /// - Parameters:
    ///   - expectedID: The `uuid` of the server that is to be followed, where it is known.
    ///   - isWrongFatal: Whether it is the end if another answers first; else that one counts as a stranger.
    init(expectedID: String? = nil, isWrongFatal: Bool = true) {
        self.expectedID = expectedID
        self.isWrongFatal = isWrongFatal
    }

    /// A server that has just answered is not asked again for so long, however much breaks meanwhile.
    private static let rest = Duration.seconds(1)

    var isUp: Bool { state == .up }

    /// Something broke, or this is the beginning.
    mutating func look() -> [Action] {
        guard !isAsked, !isResting else {
            mustAskAgain = true
            return []
        }
        guard !isWaiting else { return [] }
        isAsked = true
        return [.ask]
    }

    mutating func waitIsOver() -> [Action] {
        isWaiting = false
        return look()
    }

    mutating func restIsOver() -> [Action] {
        isResting = false
        guard mustAskAgain else { return [] }
        mustAskAgain = false
        return look()
    }

    mutating func answered(_ answer: Answer<ServerInfo>, using random: inout some RandomNumberGenerator) -> [Action] {
        isAsked = false
        switch answer {
        case .ok(let info) where isWrong(info) && isWrongFatal:
            isWaiting = true
            return [.wrong(info)]
        case .ok(let info) where isSame(info) && !isWrong(info): return welcomed(info)
        case .ok(let info):
            let next = backoff.next(using: &random)
            return fail(telling: "another: \(info.uuid ?? "")", with: .stranger(info, next: next), next: next)
        case .refused(let refusal):
            let next = Backoff.slow(using: &random)
            return fail(telling: refusal.why, with: .refused(refusal, next: next), next: next)
        case .missing: return failed("GET / answers 404; is the url in [source] right?", nil, using: &random)
        case .unsupported(let why): return failed(why, nil, using: &random)
        case .unavailable(let why, let retryAfter): return failed(why, retryAfter, using: &random)
        }
    }

    private func isWrong(_ info: ServerInfo) -> Bool {
        guard self.info == nil, let expectedID, let uuid = info.uuid else { return false }
        return uuid != expectedID
    }

    /// Whether `info` is of the server that has been followed. Servers without a `uuid` are taken at their word.
    func isSame(_ info: ServerInfo) -> Bool {
        guard let known = self.info else { return true }
        return known.kind == info.kind && known.uuid == info.uuid
    }

    private mutating func welcomed(_ info: ServerInfo) -> [Action] {
        let isFirst = self.info == nil
        self.info = info
        backoff.reset()
        lastTold = nil
        isResting = true
        defer { state = .up }
        return [state == .up ? .stillUp : .up(info, isFirst: isFirst), .rest(Self.rest)]
    }

    private mutating func failed(
        _ why: String,
        _ retryAfter: Duration?,
        using random: inout some RandomNumberGenerator
    ) -> [Action] {
        let next = backoff.next(retryAfter: retryAfter, using: &random)
        return fail(telling: why, with: .down(why: why, next: next), next: next)
    }

    private mutating func fail(telling why: String, with news: Action, next: Duration) -> [Action] {
        state = .down
        mustAskAgain = false
        isWaiting = true
        let isNews = lastTold != why
        lastTold = why
        return (isNews ? [news] : []) + [.wait(next)]
    }
}
