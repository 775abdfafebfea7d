import CouchFeed
import Logging
import Notices
import Store

/// Looks after dead letters: gives those that are to be tried again to their notifiers, once each, also those that
/// `herald dead retry` marks beside the running service, and counts what there is.
actor DeadLetterDesk {
    /// A letter that has died again since has another time of death.
    private struct Attempt: Hashable {
        var id: Int64
        var died: Int64
    }

    private struct WeakOutbox {
        weak var outbox: Outbox?
    }

    private let store: Store
    private let roster: NotifierRoster
    private let log: Logger
    /// The outbox that each was given to. With one that is gone it was given to nobody.
    private var underWay: [Attempt: WeakOutbox] = [:]
    private var outboxCount = 0
    /// Whether something was to be looked for that has not been found out yet.
    private var mustLook = false
    /// How many there were of each notifier when they were last counted.
    private(set) var counts: [String: Int] = [:]
    private var lastSave: ContinuousClock.Instant?

    init(store: Store, roster: NotifierRoster, log: Logger) {
        self.store = store
        self.roster = roster
        self.log = log
    }

    /// Looks only if another process has written into the store since the last time, or a notifier has come, and counts
    /// only if anyone has written.
    func lookIfChanged(lastSave: ContinuousClock.Instant?) async {
        let isChanged = (try? await store.wasChangedByOthers()) ?? false
        let outboxCount = await roster.outboxCount
        if isChanged || mustLook || outboxCount != self.outboxCount { return await look() }
        guard self.lastSave != lastSave else { return }
        self.lastSave = lastSave
        await count()
    }

    func look() async {
        await count()
        outboxCount = await roster.outboxCount
        let letters: [DeadLetter]
        do {
            letters = try await store.lettersToBeRetried()
        } catch {
            // The store tells of a change once.
            if !mustLook { log.error("the dead letters cannot be read: \(error)") }
            mustLook = true
            return
        }
        mustLook = false
        var attempts: [Attempt: WeakOutbox] = [:]
        for letter in letters {
            guard let outbox = await roster.outbox(of: letter.notifier) else { continue }
            let attempt = Attempt(id: letter.id, died: letter.died)
            attempts[attempt] = WeakOutbox(outbox: outbox)
            guard underWay[attempt]?.outbox !== outbox else { continue }
            outbox.retry(letter.id, line: letter.line)
            log.info("notifier \(letter.notifier): the dead letter \(letter.id) is tried again")
        }
        underWay = attempts
    }

    private func count() async {
        // What cannot be counted now is counted the next time.
        if let counts = try? await store.deadLetterCounts() { self.counts = counts }
    }
}
