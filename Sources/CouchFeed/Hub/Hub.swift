public import Curl
public import Logging
import Status

/// One shared feed a database for all its followers: knows which databases
/// exist, opens their feeds, hands on what they give, and tells each follower
/// of lives that begin and end.
///
/// It alone opens `_changes` feeds. All of it runs on the loop's thread.
@CurlLoop
public final class Hub {
    let address: ServerAddress
    let options: HubOptions
    var records: [FollowerRecord]
    let keeper: CursorKeeper
    let log: Logger
    let client: ServerClient
    var server: ServerMachine
    var memory: Memory
    /// What was counted, for each database that there is or was there a while ago.
    let tallies: FeedTallies
    var random = SystemRandomNumberGenerator()
    var databases: [String: FollowedDatabase] = [:]
    var feedOwners: [ObjectIdentifier: FollowedDatabase] = [:]
    private(set) var isRunning = false

    // For the status
    var condition = ServerStatus.State.unknown
    var lastServerError: TimedText?

    // Which databases exist
    var isListing = false
    var mustListAgain = false
    var listBackoff = Backoff()
    var listTimer: LoopTimer?
    var hasListed = false
    /// Whether the server gives this user a list at all; `nil` before it was asked.
    var givesList: Bool?
    var rescanTimer: LoopTimer?
    var bellBackoff = Backoff()
    var bellIsMissing = false
    var whyBellBroke: String?
    var bellTimer: LoopTimer?
    lazy var bell = Bell(owner: self)
    lazy var desk = InfoDesk(client) { [weak self] in self?.answered($0, $1) }
    /// Databases of which an answer is true only if it came from the same server, which is to be asked yet.
    var suspects: [FollowedDatabase] = []
    var isConfirmingServer = false

    // Feeds
    var waitingToOpen: [(database: FollowedDatabase, since: Seq)] = []
    var openingCount = 0
    var brokenFeeds = BrokenFeeds()
    var newsTimer: LoopTimer?
    private var sweepTimer: LoopTimer?
    var waitingForSave: [Entrance] = []
    var isSaving = false
    var saveTimer: LoopTimer?

    // Catching up
    var catchUps: [CatchUp] = []
    var isCatchUpDue = false
    private let foundWrongServer: (@Sendable (WrongServer) -> Void)?

    /// More connections at once would overrun the queue of a server that listens with a backlog of 128.
    static let mostOpening = 64

    /// - Parameters:
    ///   - keeper: Has the cursors from which the followers go on, and saves them.
    ///   - memory: What is known so far: ``HubMemory/of(_:after:)``.
    ///   - foundWrongServer: Called if the cursors turn out to be those of another server; nothing is followed then.
    ///     If `nil`, such a server counts as away.
    public init(
        address: ServerAddress,
        options: HubOptions,
        followers: [any Follower],
        keeper: CursorKeeper,
        memory: HubMemory,
        log: Logger,
        foundWrongServer: (@Sendable (WrongServer) -> Void)?
    ) {
        self.address = address
        self.options = options
        records = followers.map { FollowerRecord($0) }
        self.keeper = keeper
        self.log = log
        self.foundWrongServer = foundWrongServer
        self.memory = memory.memory
        tallies = memory.tallies
        server = ServerMachine(expectedID: memory.memory.serverID, isWrongFatal: foundWrongServer != nil)
        client = ServerClient(address)
    }

    var followers: [any Follower] { records.map(\.follower) }

    /// Begins to follow. Once only.
    public func start() {
        isRunning = true
        act(server.look())
        sweep()
    }

    /// Ends all feeds. No follower is called any more.
    public func stop() {
        isRunning = false
        sweepTimer?.cancel()
        saveTimer?.cancel()
        stopTimers()
        bell.stop()
        newsTimer?.cancel()
        tell(brokenFeeds.goodNews())
        waitingToOpen = []
        for database in databases.values {
            database.feed?.cancel()
            database.feed = nil
        }
        feedOwners = [:]
        for catchUp in catchUps { catchUp.cancel() }
        // They hold seats, which hold the records.
        for record in records { record.queue = CatchUpQueue() }
    }

    /// A follower that had no room has some: feeds that waited go on, and it catches up with those that did not.
    public func roomAgain() {
        guard isRunning else { return }
        for catchUp in catchUps { catchUp.roomAgain() }
        catchUpWhereThereIsRoom()
        for database in databases.values { resumeIfRoom(database) }
    }

    /// A feed that waits asks once more whether it may flow.
    func resumeIfRoom(_ database: FollowedDatabase) {
        if let feed = database.feed, feed.isPaused, database.machine.mayFlow { feed.resume() }
    }

    // MARK: The server

    func act(_ actions: [ServerMachine.Action]) {
        for action in actions {
            switch action {
            case .ask:
                client.welcome { [weak self] answer in
                    guard let self, isRunning else { return }
                    act(server.answered(answer, using: &random))
                }
            case .wait(let duration):
                CurlLoop.schedule(after: duration) { [weak self] in
                    guard let self, isRunning else { return }
                    act(server.waitIsOver())
                }
            case .wrong(let info): foundWrongServer?(WrongServer(info: info, url: address.url))
            case .up(let info, let isFirst):
                condition = .reachable
                if let uuid = info.uuid { Task { [keeper] in await keeper.remember(server: uuid) } }
                log.info("\(isFirst ? "found" : "found again"): \(info) at \(address.url)")
                serverIsUp()
            case .rest(let duration):
                CurlLoop.schedule(after: duration) { [weak self] in
                    guard let self, isRunning else { return }
                    act(server.restIsOver())
                }
            case .stillUp:
                tell(brokenFeeds.troubleNews())
                if listTimer == nil { list() }
            case .down(let why, let next):
                fell(to: .unreachable, why)
                log.warning("no server at \(address.url): \(why); trying again in \(next.text)")
                serverIsDown()
            case .refused(let refusal, let next):
                fell(to: .refused, refusal.why)
                log.error(
                    "\(address.url) does not let us in: \(refusal.why); \(refusal.hint); trying again in \(next.text)"
                )
                serverIsDown()
            case .stranger(let info, let next):
                fell(to: .stranger, "another server answers: \(info), uuid \(info.uuid ?? "none")")
                log.error(
                    """
                    another server answers at \(address.url): \(info), uuid \(info.uuid ?? "none"); nothing is followed \
                    until the first one is back; restart herald with a state_dir of its own if this is the one to \
                    follow from now on; trying again in \(next.text)
                    """
                )
                serverIsDown()
            }
        }
    }

    private func fell(to condition: ServerStatus.State, _ why: String) {
        self.condition = condition
        lastServerError = TimedText(why)
    }

    private func serverIsUp() {
        list()
        for database in databases.values
        where database.machine.connection == .closed || !database.newcomers.isEmpty {
            act(database.machine.look(), on: database)
        }
        for database in databases.values { queueDetached(of: database) }
        startBell()
        scheduleRescan()
    }

    private func stopTimers() {
        for timer in [rescanTimer, bellTimer, listTimer] { timer?.cancel() }
        listTimer = nil
    }

    private func serverIsDown() {
        stopTimers()
        bell.stop()
        whyBellBroke = nil
        brokenFeeds.serverIsDown()
        for name in desk.withdraw() {
            guard let database = databases[name] else { continue }
            act(database.machine.notAsked(), on: database)
        }
    }

    // MARK: Silence

    /// Ends connections on which nothing has come for too long.
    private func sweep() {
        sweepTimer = CurlLoop.schedule(after: options.heartbeat / 4) { [weak self] in
            guard let self, isRunning else { return }
            let limit = ContinuousClock.now - options.silenceLimit
            for database in databases.values {
                database.forgetPassed(at: .now)
                guard let feed = database.feed, feed.lastHeard < limit else { continue }
                if feed.isPaused {
                    // Whoever reads nothing for so long may take as long again: the feed goes on without them.
                    database.detachAll()
                    feed.resume()
                    continue
                }
                feed.cancel()
                self.feed(feed, ended: .cut(why: "silent for \(options.silenceLimit.text)"))
            }
            sweepCatchUps()
            if bell.isConnected, bell.lastHeard < limit {
                bell.stop()
                bellBroke(why: "silent for \(options.silenceLimit.text)")
                bellFellSilent(why: "silent for \(options.silenceLimit.text)", isForGood: false, retryAfter: nil)
            }
            sweep()
        }
    }
}

extension Duration {
    /// For the log: `400 ms`, `2.5 s`, `60 s`.
    var text: String {
        let milliseconds = wholeMilliseconds
        guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
        let tenths = milliseconds / 100 % 10
        return tenths == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds / 1000).\(tenths) s"
    }
}

/// The server that answers is not the one whose cursors the store has.
public struct WrongServer: Error, Sendable {
    public var info: ServerInfo
    public var url: String
}
