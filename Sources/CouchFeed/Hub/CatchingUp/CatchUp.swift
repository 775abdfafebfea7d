import Curl

/// Serves followers that were detached at one place of a database, with a
/// reader of its own, until they are back at the shared feed.
///
/// It ends by itself with the followers attached, or gives up with them
/// detached, from where it came to; the hub then begins another.
@CurlLoop
final class CatchUp: FeedOwner {
    /// What it asks of the hub.
    @CurlLoop
    protocol Owner: AnyObject {
        /// The request for the changes of `database` since this place.
        func request(for catchUp: CatchUp, since: Seq, limit: Int?) throws -> Request
        /// Asks whether the database is still the life that the followers were told of. Rows that were sent before the
        /// answer are then of that life.
        func verify(_ catchUp: CatchUp, _ completion: @escaping @CurlLoop (_ isSame: Bool) -> Void)
        /// Asks how many changes there are behind where the shared feed stands; `nil` where that cannot be told.
        func lag(of database: FollowedDatabase, _ completion: @escaping @CurlLoop (Int?) -> Void)
        /// What the shared feed has gathered is to be given now.
        func flush(_ database: FollowedDatabase)
        /// It is over; `failure` tells why its followers are detached still, where that is a failure.
        func ended(_ catchUp: CatchUp, failure: DatabaseMachine.FeedEnd?)
    }

    private unowned let owner: any Owner
    let database: FollowedDatabase
    private(set) var members: [Seat]
    private var plan: CatchUpPlan
    private(set) var feed: Feed?
    /// Whether the rows of the answer that is being read are known to be of the life that the followers were told of.
    private var isVerified = false
    private var rowCount = 0
    private var readBegan = ContinuousClock.now
    private var held: [ChangeBatch] = []
    private var heldCount = 0
    private var keys = PassedKeys()
    private var isOver = false
    /// Where the shared feed stood when its rows began to be kept.
    private var joinPlace: Seq?
    /// Since when its followers have had no room.
    private(set) var pausedSince: ContinuousClock.Instant?

    /// More of the shared feed is not kept while the last rows are read.
    private static let mostHeld = 20_000
    /// On a cluster, copies that are further behind than this are not waited for (`DESIGN.md`, "Catching up").
    private static let lag = Duration.seconds(10)

    /// The members are at one place.
    init(_ database: FollowedDatabase, members: [Seat], owner: any Owner) {
        self.owner = owner
        self.database = database
        self.members = members
        plan = CatchUpPlan(position: members[0].cursor.seq)
    }

    var isJoining: Bool { plan.isJoining }
    var pending: Int? { plan.pending }
    /// The followers' names, for the log.
    var names: String { members.map(\.record.name).joined(separator: ", ") }
    var isStillBehind: Bool { members.contains(where: \.isDetached) }
    func serves(_ record: FollowerRecord) -> Bool { members.contains { $0.record === record } }
    var needs: [FollowerNeeds] { members.map(\.follower.needs) }

    func start() {
        for member in members { member.state = .catchingUp }
        act(plan.begin())
    }

    /// Ends it; its followers are detached.
    func cancel() {
        end(failure: nil, state: .detached)
    }

    /// The seat is there no more.
    func leave(_ seat: Seat) {
        members.removeAll { $0 === seat }
        if members.isEmpty { cancel() }
    }

    /// A follower has room again, perhaps one of its own.
    func roomAgain() {
        guard let feed, feed.isPaused, feedMayFlow(feed) else { return }
        pausedSince = nil
        feed.resume()
    }

    /// The shared feed gave this while the last rows are read.
    func hold(_ batch: ChangeBatch) {
        held.append(batch)
        heldCount += batch.count
        guard heldCount > Self.mostHeld else { return }
        // So much is not little: from here on it is read again.
        feed?.cancel()
        feed = nil
        stepBack()
        act(plan.begin())
    }

    // MARK: Steps

    private func act(_ action: CatchUpPlan.Action) {
        switch action {
        case .read(let since, let limit): read(since: since, limit: limit)
        case .join: join()
        case .finish: finish()
        }
    }

    private func read(since: Seq, limit: Int?) {
        do {
            let request = try owner.request(for: self, since: since, limit: limit)
            rowCount = 0
            isVerified = false
            readBegan = .now
            let feed = Feed(request, form: .normal, owner: self)
            feed.keepsRows = true
            // What the shared feed can give again stands in the last two answers, mostly: it is not far behind.
            if !plan.isJoining { keys = PassedKeys() }
            self.feed = feed
            feed.start()
        } catch {
            end(failure: .refused(Refusal(status: 401, why: "\(error)")), state: .detached)
        }
    }

    /// Who joins a feed that has far to go yet would be told again what it has been told, or what was before it began.
    private func join() {
        guard database.machine.mayLag else { return joinFeed() }
        owner.lag(of: database) { [weak self] lag in
            guard let self, !isOver else { return }
            guard let lag else { return joinFeed() }
            guard lag <= CatchUpPlan.little else { return readOnSoon() }
            database.machine.isNearEnd()
            joinFeed()
        }
    }

    /// Its followers get what comes meanwhile from this reader.
    private func readOnSoon() {
        CurlLoop.schedule(after: .seconds(1)) { [weak self] in
            guard let self, !isOver else { return }
            act(plan.begin())
        }
    }

    private func joinFeed() {
        guard database.copies > 1 else { return joined(readingFrom: nil) }
        // Two reads may meet different copies: the last one must meet those of the shared feed, and begin early enough.
        guard let place = database.places.place(at: readBegan - Self.lag) else {
            // The feed is younger than that, or that reading took so long that the place is forgotten. Neither mends by
            // waiting alone: what little has come meanwhile is read, by a reading that begins later.
            return readOnSoon()
        }
        joined(readingFrom: place)
    }

    private func joined(readingFrom place: Seq?) {
        // What it has gathered comes before, and goes to those who are attached.
        owner.flush(database)
        guard !isOver else { return }
        joinPlace = database.machine.position
        let next = plan.joined(readingFrom: place)
        database.feed?.keepsRows = true
        act(next)
    }

    private func finish() {
        let now = ContinuousClock.now
        guard let place = joinPlace else { return end(failure: nil, state: .detached) }
        for member in members {
            member.cursor.seq = place
            let cursor = member.cursor
            member.follower.reached(Mark(database: database.name, cursor: cursor))
            member.passed = PassedRows(keys, now: now)
            member.state = .attached
            for batch in held { member.give(batch, of: database, at: now) }
        }
        end(failure: nil, state: .attached)
    }

    private func stepBack() {
        plan.stepBack()
        held = []
        heldCount = 0
    }

    private func end(failure: DatabaseMachine.FeedEnd?, state: Seat.State) {
        guard !isOver else { return }
        isOver = true
        feed?.cancel()
        feed = nil
        held = []
        for member in members { member.state = state }
        owner.ended(self, failure: failure)
    }

    // MARK: FeedOwner

    /// A database that was created anew answers an old place with all that it has: until it is known that it is the one
    /// that was, rows wait, so that none is told before its `created`.
    func feedOpened(_ feed: Feed) {
        owner.verify(self) { [weak self] isSame in
            guard let self, !isOver, self.feed === feed else { return }
            guard isSame else { return end(failure: .cut(why: "it is another database by now"), state: .detached) }
            isVerified = true
            feed.resume()
        }
    }

    func feedMayFlow(_ feed: Feed) -> Bool {
        guard isVerified else { return false }
        let hasRoom = members.contains(where: \.follower.hasRoom)
        if !hasRoom { pausedSince = pausedSince ?? .now }
        return hasRoom
    }

    func feed(_ feed: Feed, gave batch: ChangeBatch) {
        guard !batch.isEmpty else { return }
        rowCount += batch.count
        database.tally.count(batch, at: feed.lastHeard)
        if let rows = batch.rows { keys.insert(rows, limit: PassedRows.limit) }
        leaveBehind()
        for member in members { member.give(batch, of: database, at: feed.lastHeard) }
        if let seq = batch.seq { plan.gave(seq) }
    }

    /// A slow one delays no other: it is detached again, where it stands.
    private func leaveBehind() {
        guard members.count > 1 else { return }
        let roomy = members.filter(\.follower.hasRoom)
        guard !roomy.isEmpty, roomy.count < members.count else { return }
        for member in members where !roomy.contains(where: { $0 === member }) { database.detach(member) }
        members = roomy
    }

    func feed(_ feed: Feed, ended end: DatabaseMachine.FeedEnd) {
        self.feed = nil
        guard case .clean = end, let tail = feed.tail else {
            return self.end(failure: end == .clean ? .cut(why: "it ended before its end") : end, state: .detached)
        }
        let action = plan.ended(tail, count: rowCount)
        if let seq = tail.lastSeq, !plan.isJoining {
            for member in members {
                member.cursor.seq = seq
                let mark = Mark(database: database.name, cursor: member.cursor)
                member.follower.reached(mark)
            }
        }
        act(action)
    }

    /// The server has said nothing for too long.
    func isSilent(for limit: Duration) {
        guard let feed, !feed.isPaused, feed.lastHeard < .now - limit else { return }
        end(failure: .cut(why: "silent for \(limit.text)"), state: .detached)
    }
}
