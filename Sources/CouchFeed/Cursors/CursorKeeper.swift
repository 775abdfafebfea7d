public import Logging
import NIOConcurrencyHelpers
public import Store

/// Saves what followers have been served, in batches: soon after the first
/// delivery, at once where much was confirmed, and all at the end.
public actor CursorKeeper {
    /// A follower that is configured.
    public struct Member: Sendable {
        public var name: String
        /// So many confirmed lines are saved without delay.
        public var window: Int

        public init(name: String, window: Int = .max) {
            self.name = name
            self.window = window
        }
    }

    private let store: Store
    private let log: Logger
    /// Of those that are configured, by name.
    private let ledgers: NIOLockedValueBox<[String: (id: Int64, ledger: Ledger)]>
    private let alarm: Alarm
    private var book: PositionBook
    private var followers: [Int64: StoredFollower]
    private var absences: Absences
    private var lastID: Int64
    /// The server whose cursors these are, and whether that is to be saved yet.
    private var server: StoredServer?
    private var isServerNew = false
    private var letters: [DeadLetter] = []
    private var finishedLetters: [Int64] = []
    private var changedFollowers: Set<Int64> = []
    /// The save that was begun last. The next one waits for it.
    private var newest: Task<Bool, Never>?
    private var isStopped = false
    private var isHurried = false
    private let record = NIOLockedValueBox(SaveRecord())

    private static let pauseAfterFailure = Duration.seconds(1)

    /// - Parameters:
    ///   - contents: What `store` holds.
    ///   - delay: How long more is gathered before a save. Delivered lines are to be saved at the latest a second after,
    ///     and a save takes time too.
    ///   - forgetAfter: For how long one that is configured no more keeps its cursors, while Herald runs.
    public init(
        store: Store,
        contents: StoreContents,
        members: [Member],
        forgetAfter: Duration,
        delay: Duration = .milliseconds(500),
        log: Logger
    ) {
        self.store = store
        self.log = log
        book = PositionBook(contents.positions)
        let alarm = Alarm(delay: delay)
        self.alarm = alarm
        var followers = Dictionary(uniqueKeysWithValues: contents.followers.map { ($0.id, $0) })
        var known = Dictionary(contents.followers.map { ($0.name, $0.id) }) { $1 }
        var last = contents.followers.map(\.id).max() ?? 0
        var isNew: Set<Int64> = []
        for member in members where known[member.name] == nil {
            last += 1
            known[member.name] = last
            followers[last] = StoredFollower(id: last, name: member.name, scope: "", absence: .zero)
            isNew.insert(last)
        }
        var ledgers: [String: (id: Int64, ledger: Ledger)] = [:]
        for member in members {
            ledgers[member.name] = known[member.name].map { ($0, Ledger(alarm: alarm, window: member.window)) }
        }
        self.ledgers = NIOLockedValueBox(ledgers)
        lastID = last
        absences = Absences(
            followers: contents.followers,
            present: Set(members.map(\.name)),
            limit: forgetAfter,
            now: .now
        )
        changedFollowers = isNew.union(absences.returned)
        for id in absences.returned { followers[id]?.absence = .zero }
        self.followers = followers
        server = contents.server
    }

    /// Where deliveries to the member of this name are noted. Those to one that is no member are noted nowhere.
    public nonisolated func ledger(of name: String) -> Ledger {
        ledgers.withLockedValue { $0[name] }?.ledger ?? Ledger(alarm: alarm)
    }

    // MARK: Members

    /// It is configured from now on, and goes on from the cursors that it has. One that is a member already has another
    /// window.
    public func enroll(_ member: Member) -> Ledger {
        if let known = ledgers.withLockedValue({ $0[member.name] }) {
            known.ledger.setWindow(member.window)
            return known.ledger
        }
        let id: Int64
        if let known = followers.values.first(where: { $0.name == member.name }) {
            id = known.id
            if absences.comes(id) { followers[id]?.absence = .zero }
        } else {
            lastID += 1
            id = lastID
            followers[id] = StoredFollower(id: id, name: member.name, scope: "", absence: .zero)
        }
        changedFollowers.insert(id)
        alarm.ringSoon()
        let ledger = Ledger(alarm: alarm, window: member.window)
        ledgers.withLockedValue { $0[member.name] = (id, ledger) }
        return ledger
    }

    /// It is configured no more. Its cursors are kept as long as such are; nothing may be noted in its ledger any more.
    public func dismiss(_ name: String) {
        gather()
        guard let (id, _) = ledgers.withLockedValue({ $0.removeValue(forKey: name) }), let follower = followers[id]
        else {
            return
        }
        absences.leaves(follower, now: .now)
        alarm.ringSoon()
    }

    /// All cursors as they are by now, for a hub to begin with.
    func recollect() -> Memory {
        Memory(contents())
    }

    private func contents() -> StoreContents {
        gather()
        return StoreContents(server: server, followers: Array(followers.values), positions: book.positions)
    }

    /// Throws what would keep it from being done.
    public func check(_ rewind: Rewind) throws(RewindFault) {
        _ = try rewind.outcome(in: contents())
    }

    /// From now on nobody waits for a disk that cannot be written.
    public func hurry() {
        isHurried = true
    }

    /// Puts cursors elsewhere. Those who are moved must not be served meanwhile.
    ///
    /// - Returns: What came of it, and whether that is on the disk. What is not, after ``mostSaves`` tries, is saved when
    ///   it can be, and is lost if the process dies before.
    public func rewind(_ rewind: Rewind) async throws(RewindFault) -> (outcome: Rewind.Outcome, isSaved: Bool) {
        let outcome = try rewind.outcome(in: contents())
        for (database, positions) in outcome.changes.positions { book.set(positions, in: database) }
        for attempt in 1...Self.mostSaves {
            if await save(durably: true) { return (outcome, true) }
            if isHurried || attempt == Self.mostSaves { break }
            // Not in a hot loop: a full disk tells nobody when it has room again.
            try? await Task.sleep(for: Self.pauseAfterFailure)
        }
        alarm.ring()
        return (outcome, false)
    }

    /// How often a rewind is tried to be saved before those who wait for its end are let go on.
    private static let mostSaves = 3

    /// How saving goes. Any thread may ask.
    public nonisolated var saves: SaveRecord { record.withLockedValue { $0 } }

    /// Saves until ``stop()``.
    public func run() async {
        while !isStopped {
            await alarm.wait()
            if isStopped { break }
            if await !save() {
                // Not in a hot loop. Nothing is lost by waiting but the time that more is repeated for.
                try? await Task.sleep(for: Self.pauseAfterFailure)
                alarm.ring()
            }
        }
    }

    /// Saves what there is to save and ends ``run()``.
    public func stop() async {
        isStopped = true
        alarm.ring()
        note(absences.count(to: .now))
        _ = await save()
    }

    /// Brings all that was noted before the call to the disk, for beginnings, which nobody could find again. Tries once:
    /// whether it is there now. What is not is saved when it can be.
    func trySave() async -> Bool {
        await save(durably: true)
    }

    /// The server that is followed from now on.
    func remember(server uuid: String) {
        guard server == nil else { return }
        server = StoredServer(uuid: uuid)
        isServerNew = true
        alarm.ring()
    }

    /// For how long one that is configured no more keeps its cursors, from now on.
    public func forget(after limit: Duration) {
        absences.limit = limit
    }

    /// Counts the time for which followers are not configured. To be called now and then.
    public func countAbsences() {
        note(absences.count(to: .now))
        if !changedFollowers.isEmpty || book.hasChanges { alarm.ring() }
    }

    private func note(_ count: Absences.Count) {
        for (id, absence) in count.absences {
            followers[id]?.absence = absence
            changedFollowers.insert(id)
        }
        for follower in count.forgotten {
            log.notice(
                "the cursors of \(follower.name) are forgotten: it has not been configured for \(follower.absence.text)"
            )
            followers[follower.id] = nil
            book.forget(follower.id)
            changedFollowers.insert(follower.id)
        }
    }

    // MARK: Saving

    /// One save at a time; what was noted before the call is in the one that it waits for.
    private func save(durably: Bool = false) async -> Bool {
        let before = newest
        let save = Task {
            _ = await before?.value
            return await saveOnce(durably)
        }
        newest = save
        return await save.value
    }

    private func saveOnce(_ durably: Bool) async -> Bool {
        gather()
        var changes = StoreChanges()
        changes.server = isServerNew ? server : nil
        changes.positions = book.takeChanges()
        changes.followers = changedFollowers.compactMap { followers[$0] }
        changes.forgotten = changedFollowers.filter { followers[$0] == nil }
        changes.letters = letters
        changes.finishedLetters = finishedLetters
        // A durable one is for what was saved before, too.
        guard !changes.isEmpty || durably else { return true }
        let (letterCount, finishedCount) = (letters.count, finishedLetters.count)
        let saved = changedFollowers
        changedFollowers = []
        do {
            try await store.save(changes, durably: durably)
        } catch {
            book.restore(changes.positions.keys)
            changedFollowers.formUnion(saved)
            if record.withLockedValue({ $0.fail("\(error)", at: .now) }) {
                log.error(
                    "cursors cannot be saved: \(error); going on; should herald die now, more will be told again"
                )
            }
            return false
        }
        if record.withLockedValue({ $0.succeed(at: .now) }) { log.info("cursors are saved again") }
        tell(of: letters.prefix(letterCount))
        letters.removeFirst(letterCount)
        finishedLetters.removeFirst(finishedCount)
        if changes.server != nil { isServerNew = false }
        return true
    }

    /// A line for each notifier, however many there are: a notifier may drop all that it reads.
    private func tell(of saved: some Collection<DeadLetter>) {
        for (notifier, letters) in Dictionary(grouping: saved, by: \.notifier) {
            let lines = letters.count == 1 ? "a line is a dead letter" : "\(letters.count) lines are dead letters"
            log.warning("notifier \(notifier): \(lines) now: \(letters.last?.reason ?? ""); see 'herald dead'")
        }
    }

    private func gather() {
        for (id, ledger) in ledgers.withLockedValue({ Array($0.values) }) {
            let news = ledger.takeNews()
            for (database, standing) in news.standings { book.move(id, in: database, to: standing) }
            for (database, instance) in news.announcements { book.move(id, in: database, to: .announced(instance)) }
            if let scope = news.scope, followers[id]?.scope != scope {
                followers[id]?.scope = scope
                changedFollowers.insert(id)
            }
            letters += news.letters
            finishedLetters += news.finishedLetters
        }
    }
}
