public import Logging
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

    nonisolated let memory: Memory
    private let store: Store
    private let log: Logger
    private let ledgers: [(id: Int64, name: String, ledger: Ledger)]
    private let alarm: Alarm
    private var book: PositionBook
    private var followers: [Int64: StoredFollower]
    private var absences: Absences
    private var server: StoredServer?
    private var letters: [DeadLetter] = []
    private var finishedLetters: [Int64] = []
    private var changedFollowers: Set<Int64> = []
    /// The save that was begun last. The next one waits for it.
    private var newest: Task<Bool, Never>?
    private var isFailing = false
    private var isStopped = false

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
        memory = Memory(contents)
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
        ledgers = members.compactMap { member in
            known[member.name].map { ($0, member.name, Ledger(alarm: alarm, window: member.window)) }
        }
        absences = Absences(
            followers: contents.followers,
            present: Set(members.map(\.name)),
            limit: forgetAfter,
            now: .now
        )
        changedFollowers = isNew.union(absences.returned)
        for id in absences.returned { followers[id]?.absence = .zero }
        self.followers = followers
        server = nil
    }

    /// Where deliveries to the member of this name are noted.
    public nonisolated func ledger(of name: String) -> Ledger {
        // Every follower is made from the same settings as the members.
        ledgers.first { $0.name == name }?.ledger ?? Ledger(alarm: alarm)
    }

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
        guard memory.serverID == nil else { return }
        server = StoredServer(uuid: uuid)
        alarm.ring()
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
        changes.server = server
        changes.positions = book.takeChanges()
        changes.followers = changedFollowers.compactMap { followers[$0] }
        changes.forgotten = changedFollowers.filter { followers[$0] == nil }
        changes.letters = letters
        changes.finishedLetters = finishedLetters
        guard !changes.isEmpty else { return true }
        let (letterCount, finishedCount) = (letters.count, finishedLetters.count)
        let saved = changedFollowers
        changedFollowers = []
        do {
            try await store.save(changes, durably: durably)
        } catch {
            book.restore(changes.positions.keys)
            changedFollowers.formUnion(saved)
            if !isFailing {
                log.error(
                    "cursors cannot be saved: \(error); going on; should herald die now, more will be told again"
                )
            }
            isFailing = true
            return false
        }
        if isFailing { log.info("cursors are saved again") }
        isFailing = false
        tell(of: letters.prefix(letterCount))
        letters.removeFirst(letterCount)
        finishedLetters.removeFirst(finishedCount)
        if server == changes.server { server = nil }
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
        for (id, _, ledger) in ledgers {
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
