import Logging
import Notices
import Store

/// Gives dead letters that are to be tried again to their notifiers, once each: those that `herald dead retry` marks
/// beside the running service, too.
actor RetriedLetters {
    /// A letter that has died again since has another time of death.
    private struct Attempt: Hashable {
        var id: Int64
        var died: Int64
    }

    private let store: Store
    private let outboxes: [String: Outbox]
    private let log: Logger
    private var underWay: Set<Attempt> = []

    init(store: Store, outboxes: [Outbox], log: Logger) {
        self.store = store
        self.outboxes = Dictionary(outboxes.map { ($0.name, $0) }) { $1 }
        self.log = log
    }

    /// Looks only if another process has written into the store since the last time.
    func lookIfChanged() async {
        guard let isChanged = try? await store.wasChangedByOthers(), isChanged else { return }
        await look()
    }

    func look() async {
        do {
            for letter in try await store.deadLetters(of: nil) where letter.isToBeRetried {
                guard let outbox = outboxes[letter.notifier] else { continue }
                guard underWay.insert(Attempt(id: letter.id, died: letter.died)).inserted else { continue }
                outbox.retry(letter.id, line: letter.line)
                log.info("notifier \(letter.notifier): the dead letter \(letter.id) is tried again")
            }
        } catch {
            log.error("the dead letters cannot be read: \(error)")
        }
    }
}
