import Curl

/// What a feed tells the one who opened it, on the loop's thread.
@CurlLoop
protocol FeedOwner: AnyObject {
    /// The head of a 200 has come.
    func feedOpened(_ feed: Feed)
    /// Whether rows can be taken now; where not, the feed waits for ``Feed/resume()``.
    func feedMayFlow(_ feed: Feed) -> Bool
    /// Rows have come, or a heartbeat, with which the batch is empty.
    func feed(_ feed: Feed, gave batch: ChangeBatch)
    /// The last call.
    func feed(_ feed: Feed, ended end: DatabaseMachine.FeedEnd)
}

/// One answer of `_changes`, continuous or normal: opened, read, ended.
@CurlLoop
final class Feed: TransferDelegate {
    private unowned let owner: any FeedOwner
    private var transfer: Transfer?
    private let form: ChangeReader.Form
    private var reader: ChangeReader
    private var batch = ChangeBatch()
    private var head: ResponseHead?
    private var errorBody: [UInt8] = []
    private var outcome = ChangeReader.Outcome.more
    private var isFlushing = false
    private var soundLinesTold = 0
    private(set) var isPaused = false
    private(set) var isOpen = false
    /// What its last line told, once it has ended in order.
    private(set) var tail: FeedTail?
    /// Whether batches have their rows one by one.
    var keepsRows = false {
        didSet { reader.keepsRows = keepsRows }
    }
    /// When the server was last heard of.
    private(set) var lastHeard = ContinuousClock.now

    /// So many rows are given before the turn ends, so that one turn fills no outbox far beyond its capacity.
    private static let mostAtOnce = 1000
    /// As much of an error's body as could matter.
    private static let errorBodyLimit = 64 * 1024

    init(_ request: Request, form: ChangeReader.Form = .continuous, owner: any FeedOwner) {
        self.owner = owner
        self.form = form
        reader = ChangeReader(form: form)
        transfer = Transfer(request, delegate: self)
    }

    func start() {
        lastHeard = .now
        transfer?.start()
    }

    /// Ends it without another call to the owner. What it has gathered and not yet given is dropped, since it is read again.
    func cancel() {
        transfer?.cancel()
        transfer = nil
        batch.clear()
    }

    func resume() {
        guard isPaused else { return }
        isPaused = false
        lastHeard = .now
        transfer?.resume()
    }

    // MARK: TransferDelegate

    func transfer(_ transfer: Transfer, answered head: ResponseHead) {
        lastHeard = .now
        self.head = head
        guard head.status == 200 else { return }
        isOpen = true
        owner.feedOpened(self)
    }

    func transfer(_ transfer: Transfer, received bytes: UnsafeRawBufferPointer) -> Reception {
        guard isOpen else {
            errorBody.append(contentsOf: bytes.prefix(Self.errorBodyLimit - errorBody.count))
            return .taken
        }
        // Once a turn is enough, for the clock as for the room: what comes in one turn is bounded.
        if !isFlushing {
            lastHeard = .now
            guard owner.feedMayFlow(self) else {
                isPaused = true
                return .notNow
            }
        }
        outcome = reader.read(bytes, into: &batch)
        if batch.count >= Self.mostAtOnce {
            isFlushing = true
            flush()
        } else if !isFlushing {
            isFlushing = true
            CurlLoop.atEndOfTurn { [weak self] in self?.flush() }
        }
        if case .broken = outcome { return .enough }
        return .taken
    }

    func transfer(_ transfer: Transfer, ended end: TransferEnd) {
        flush()
        self.transfer = nil
        owner.feed(self, ended: judge(end))
    }

    /// Gives what has been gathered.
    func flush() {
        guard isFlushing else { return }
        isFlushing = false
        guard transfer != nil, reader.soundLineCount > soundLinesTold else { return }
        soundLinesTold = reader.soundLineCount
        owner.feed(self, gave: batch)
        batch.clear()
    }

    private func judge(_ end: TransferEnd) -> DatabaseMachine.FeedEnd {
        if isOpen {
            switch (outcome, end) {
            case (.broken(let why), _): return .cut(why: why)
            case (.more, .complete) where reader.isWithinLine: return .cut(why: "it ended within a line")
            case (.more, .complete) where form == .normal: return .cut(why: "it ended without its last line")
            case (.ended(let tail), _):
                self.tail = tail
                return .clean
            case (.more, .complete): return .clean
            case (.more, .failed(let failure)): return .cut(why: failure.message)
            }
        }
        if case .failed(let failure) = end { return .cut(why: failure.message) }
        switch Answer(.success(Response(head: head ?? ResponseHead(status: 0), body: errorBody))) {
        case .missing: return .missing
        case .refused(let refusal): return .refused(refusal)
        case .unsupported(let why): return .unsupported(why: why)
        case .unavailable(let why, let retryAfter): return .unavailable(why: why, retryAfter: retryAfter)
        case .ok: return .unavailable(why: "it answers \(head?.status ?? 0)", retryAfter: nil)
        }
    }
}
