/// Decides how one database is followed: when to ask for it, when to open its
/// feed and from where, what its feed's end means, and whether the database
/// that is there is the one that was.
///
/// A value that knows no I/O: each event says what to do next.
struct DatabaseMachine {
    enum Connection: Equatable {
        case closed, opening, open
    }

    private enum Question: Equatable {
        case none
        /// Asked when the feed stood here.
        case asked(at: Seq?)
        /// What the answer says is true if the server is still the same.
        case confirming(Suspicion)
    }

    private enum Suspicion: Equatable {
        case gone
        case another(startTime: String?)
    }

    private(set) var connection = Connection.closed
    /// Whether rows of the open feed may be taken. Between the last question and the opening the database may have been
    /// deleted and created again: until that is known, rows wait, so that none is told before its `created`.
    private(set) var mayFlow = false
    /// Whether the feed may be far from the end of what there is. A heartbeat shows that it is not, or that the database
    /// stands where the feed does, or a count.
    private(set) var mayLag = true
    private(set) var instance: Instance?
    /// Up to where the feed has been read; `nil` before it is known where it begins.
    private(set) var position: Seq?
    /// Whether anyone was told of a life of it, which has to be told as ended if there is none.
    private(set) var isTold: Bool
    /// Counts the lives where the server does not tell them apart.
    private var generation: Int
    private var hasEnded = false
    /// Whether it is known if it is there.
    private(set) var hasLooked = false
    private var question = Question.none
    private var mustAskAgain = false
    private var isWaiting = false
    private var backoff = Backoff()
    private var hasBegun = false
    /// Whether the open feed has given rows, or has been heard of since its beginning.
    private(set) var hasFlowed = false
    private var refusedPositions = 0
    private var isToldRefused = false
    private var isToldInTrouble = false

    /// After so many failures in a row a person should know.
    private static let failuresWorthTelling = 4

    /// - Parameters:
    ///   - isTold: Whether a follower was told of a life of it, before Herald was last stopped.
    ///   - generation: The number of that life, where the server does not tell lives apart.
    init(isTold: Bool = false, generation: Int = 0) {
        self.isTold = isTold
        self.generation = generation
    }

    var isPresent: Bool { instance != nil }
    /// Whether what was found is believed only once the server has been asked whether it is still the same.
    var isDoubted: Bool { if case .confirming = question { true } else { false } }
    /// The least number of the life that is there, or comes next, where the server does not tell lives apart.
    var nextGeneration: Int { instance == nil && hasEnded ? generation + 1 : generation }
    /// Whether something has failed and is tried again after a while.
    var isResting: Bool { isWaiting }

    /// It is known not to be there, and nothing is under way.
    var isForgettable: Bool {
        instance == nil && hasLooked && !isTold && question == .none && !isWaiting && connection == .closed
    }

    // MARK: Followers

    /// Another follower has come, who was told of this life of it, and is to be told of its end.
    mutating func isTold(of instance: Instance) {
        isTold = true
        guard self.instance == nil else { return }
        generation = max(generation, instance.generation)
    }

    /// The feed is to be asked for in another way, from where it stands.
    mutating func reopen() -> [Action] {
        close() + openIfClosed()
    }

    /// Little is left behind where the feed stands.
    mutating func isNearEnd() {
        mayLag = false
    }

    // MARK: Questions

    /// Something suggests a look: a list, the bell, a feed's end.
    mutating func look() -> [Action] {
        guard question == .none else {
            mustAskAgain = true
            return []
        }
        guard !isWaiting else { return [] }
        question = .asked(at: position)
        return [.ask]
    }

    mutating func waitIsOver() -> [Action] {
        isWaiting = false
        return look()
    }

    /// The database is there. `tellsInstances` as in ``ServerInfo/tellsInstances``.
    mutating func found(_ info: DatabaseInfo, tellsInstances: Bool) -> [Action] {
        let askedAt: Seq? = if case .asked(let position) = question { position } else { nil }
        question = .none
        if position == info.updateSeq { mayLag = false }
        let startTime = tellsInstances ? info.instanceStartTime : nil
        var actions: [Action] = []
        if let known = instance {
            if isAnother(info, startTime: startTime, than: known, askedAt: askedAt) {
                question = .confirming(.another(startTime: startTime))
                return [.confirmServer]
            } else if known.startTime == nil, let startTime {
                // The server has learnt to tell lives apart (an upgrade), or is asked for the first time since.
                let named = Instance(startTime: startTime, generation: known.generation)
                instance = named
                actions.append(.adopt(named))
            }
        } else {
            if hasEnded, startTime == nil { generation += 1 }
            let appeared = Instance(startTime: startTime, generation: generation)
            instance = appeared
            isTold = true
            hasLooked = true
            actions.append(.appeared(appeared, updateSeq: info.updateSeq))
        }
        // Asked again since the feed was opened, perhaps: then only the next answer is of what it gives.
        return actions + (mustAskAgain ? [] : flowIfOpen()) + openIfClosed() + askAgainIfNeeded()
    }

    /// What appeared begins here: its feed is opened. `instance` is what ``Action/appeared(_:updateSeq:)`` told, or
    /// a later generation of it. Without effect if it is gone by now, or another.
    ///
    /// - Parameter isAtEnd: Whether that is where the database stood.
    mutating func begins(at seq: Seq, as instance: Instance, isAtEnd: Bool = false) -> [Action] {
        guard awaitsBeginning(of: instance) else { return [] }
        self.instance = instance
        generation = instance.generation
        position = seq
        mayLag = !isAtEnd
        return openIfClosed()
    }

    /// Whether this life is there, and nobody has said yet where it begins.
    func awaitsBeginning(of instance: Instance) -> Bool {
        guard let known = self.instance else { return false }
        return position == nil && known.startTime == instance.startTime
    }

    /// 404. Whether it is gone is asked of `GET /` yet.
    mutating func missing() -> [Action] {
        question = .none
        hasLooked = true
        guard instance != nil || isTold else { return [.absent] + askAgainIfNeeded() }
        question = .confirming(.gone)
        return [.confirmServer]
    }

    /// The same server was there after its strange answer, or not (it could not be reached, or another answered).
    mutating func confirmed(isSameServer: Bool, using random: inout some RandomNumberGenerator) -> [Action] {
        guard case .confirming(let suspicion) = question else { return [] }
        question = .none
        guard isSameServer else { return wait(backoff.next(using: &random)) }
        if case .another(let startTime) = suspicion {
            return close() + begin(startTime: startTime) + openIfClosed() + askAgainIfNeeded()
        }
        instance = nil
        position = nil
        isTold = false
        hasEnded = true
        backoff.reset()
        return close() + [.gone] + askAgainIfNeeded()
    }

    mutating func refused(_ refusal: Refusal, using random: inout some RandomNumberGenerator) -> [Action] {
        question = .none
        // An open feed outlives the loss of a right (COUCHDB.md, 162-164) and is not given up for it.
        guard connection == .closed else { return flowIfOpen() + wait(Backoff.slow(using: &random)) }
        return denied(refusal, using: &random)
    }

    mutating func unavailable(
        _ why: String,
        retryAfter: Duration?,
        using random: inout some RandomNumberGenerator
    ) -> [Action] {
        question = .none
        // What is open flows on, and the question is put again: the database may be another.
        guard connection == .closed else {
            return flowIfOpen() + wait(backoff.next(retryAfter: retryAfter, using: &random))
        }
        return failed(why, retryAfter: retryAfter, using: &random)
    }

    /// The question could not be put, because the server as a whole is away: nobody's failure.
    mutating func notAsked() -> [Action] {
        question = .none
        mustAskAgain = false
        return flowIfOpen()
    }

    // MARK: The feed

    /// The head of a 200 has come.
    mutating func opened() -> [Action] {
        connection = .open
        mayFlow = false
        let actions = look()
        // Where a wait is on, nobody will answer soon.
        return question == .none ? actions + flowIfOpen() : actions
    }

    /// Rows have come, up to `seq` where they had one; or none, but a heartbeat.
    ///
    /// The blank line with which every feed begins says only that the server has answered. It takes a row or another
    /// heartbeat to show that the feed flows: else one that breaks right behind its beginning, each time, would be
    /// reopened without end as fast as it breaks.
    mutating func flowed(hasRows: Bool, to seq: Seq?) -> [Action] {
        if let seq { position = seq }
        if !hasRows, hasBegun { mayLag = false }
        guard !hasFlowed else { return [] }
        guard hasRows || hasBegun else {
            hasBegun = true
            return []
        }
        hasFlowed = true
        backoff.reset()
        refusedPositions = 0
        let isNews = isToldRefused || isToldInTrouble
        isToldRefused = false
        isToldInTrouble = false
        return isNews ? [.recovered] : []
    }

    /// It is not read for a while.
    mutating func paused() {
        mayLag = true
    }

    mutating func ended(_ end: FeedEnd, using random: inout some RandomNumberGenerator) -> [Action] {
        let hadFlowed = hasFlowed
        mayLag = true
        connection = .closed
        hasFlowed = false
        hasBegun = false
        switch end {
        case .clean:
            // Deleted, split, or timed out by something in between: see which, at once, unless it ends again and again.
            return hadFlowed ? look() : wait(backoff.next(using: &random))
        case .cut(let why):
            return failed(why, retryAfter: nil, using: &random)
        case .missing:
            return wait(backoff.next(using: &random))
        case .refused(let refusal):
            return denied(refusal, using: &random)
        case .unsupported(let why):
            refusedPositions += 1
            guard refusedPositions >= 3, position != .zero else {
                return failed(why, retryAfter: nil, using: &random)
            }
            // Better told twice than never.
            refusedPositions = 0
            position = .zero
            return [.startOver] + wait(backoff.next(using: &random))
        case .unavailable(let why, let retryAfter):
            return failed(why, retryAfter: retryAfter, using: &random)
        }
    }

    // MARK: Within

    private mutating func close() -> [Action] {
        guard connection != .closed else { return [] }
        connection = .closed
        mayFlow = false
        hasBegun = false
        hasFlowed = false
        return [.close]
    }

    private mutating func begin(startTime: String?) -> [Action] {
        generation += startTime == nil ? 1 : 0
        let instance = Instance(startTime: startTime, generation: generation)
        self.instance = instance
        position = .zero
        mayLag = true
        return [.present(instance)]
    }

    /// Whether what is there is not what was (`COUCHDB.md`, "Servers differ").
    private func isAnother(_ info: DatabaseInfo, startTime: String?, than known: Instance, askedAt: Seq?) -> Bool {
        if let old = known.startTime, let startTime { return old != startTime }
        // Integers only, and against where the feed stood when the question was put: it may have moved since.
        guard let position = askedAt?.integer, let last = info.updateSeq.integer else { return false }
        return last < position
    }

    private mutating func flowIfOpen() -> [Action] {
        guard connection == .open, !mayFlow else { return [] }
        mayFlow = true
        return [.flow]
    }

    private mutating func openIfClosed() -> [Action] {
        guard connection == .closed, !isWaiting, let position else { return [] }
        connection = .opening
        return [.open(since: position)]
    }

    private mutating func askAgainIfNeeded() -> [Action] {
        guard mustAskAgain else { return [] }
        mustAskAgain = false
        return look()
    }

    private mutating func denied(_ refusal: Refusal, using random: inout some RandomNumberGenerator) -> [Action] {
        let isNews = !isToldRefused
        isToldRefused = true
        return (isNews ? [.refused(refusal)] : []) + wait(Backoff.slow(using: &random))
    }

    private mutating func failed(
        _ why: String,
        retryAfter: Duration?,
        using random: inout some RandomNumberGenerator
    ) -> [Action] {
        let actions = wait(backoff.next(retryAfter: retryAfter, using: &random))
        guard backoff.failures >= Self.failuresWorthTelling, !isToldInTrouble else { return actions }
        isToldInTrouble = true
        return [.inTrouble(why: why, failures: backoff.failures)] + actions
    }

    private mutating func wait(_ duration: Duration) -> [Action] {
        mustAskAgain = false
        guard !isWaiting else { return [] }
        isWaiting = true
        return [.wait(duration)]
    }
}
