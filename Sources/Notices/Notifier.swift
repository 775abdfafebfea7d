public import CouchFeed
public import Curl
public import Settings

/// A configured process that reads notices, as the hub sees it: what it wants,
/// and the outbox in which that waits for it.
@CurlLoop
public final class Notifier: Follower {
    public nonisolated let name: String
    public nonisolated let outbox: Outbox
    private let selects: @Sendable (String) -> Bool
    private let types: Set<NotifierSettings.NoticeType>
    private let merges: Bool
    private let lines: LineBook

    /// - Parameters:
    ///   - selects: Whether it wants a database of this name.
    ///   - lines: Shared by all notifiers of a hub.
    public nonisolated init(
        name: String,
        selects: @escaping @Sendable (String) -> Bool,
        types: Set<NotifierSettings.NoticeType>,
        merge: NotifierSettings.Merge,
        lines: LineBook,
        outbox: Outbox
    ) {
        self.name = name
        self.selects = selects
        self.types = types
        self.merges = merge != .never
        self.lines = lines
        self.outbox = outbox
    }

    public func wants(database name: String) -> Bool {
        selects(name)
    }

    public var hasRoom: Bool {
        merges || !outbox.isFull
    }

    public func receive(_ event: LifeEvent, of database: FollowedDatabase) {
        let lines = self.lines[database]
        switch event {
        case .created where types.contains(.created):
            outbox.fill { $0.created(database.name, line: lines.created) }
        case .deleted where types.contains(.deleted):
            outbox.fill { $0.deleted(database.name, line: lines.deleted) }
        case .created, .deleted: break
        }
    }

    public func receive(_ batch: ChangeBatch, of database: FollowedDatabase) {
        let lines = self.lines[database]
        let (wantsUpdated, wantsDesign) = (types.contains(.updated), types.contains(.ddocUpdated))
        guard wantsUpdated || wantsDesign else { return }
        // Made outside of the lock, of which the notifier's own task has need.
        let designLines = wantsDesign ? batch.items.compactMap { lines.designDocumentUpdated($0) } : []
        outbox.fill { queue in
            var nextDesign = designLines.startIndex
            for item in batch.items {
                switch item {
                case .documents(let count):
                    if wantsUpdated { queue.updated(database.name, line: lines.updated, count: count) }
                case .designDocument:
                    if wantsUpdated { queue.updated(database.name, line: lines.updated, count: 1) }
                    guard wantsDesign else { continue }
                    queue.designDocumentUpdated(database.name, line: designLines[nextDesign])
                    nextDesign += 1
                }
            }
        }
    }
}

/// The lines of each database, made when they are first needed.
@CurlLoop
public final class LineBook {
    private var byNumber: [Int: NoticeLines] = [:]

    public nonisolated init() {}

    subscript(database: FollowedDatabase) -> NoticeLines {
        if let lines = byNumber[database.number] { return lines }
        let lines = NoticeLines(database: database.name)
        // A number is never used again, so the book is emptied now and then of those that are gone.
        if byNumber.count >= 20_000 { byNumber.removeAll() }
        byNumber[database.number] = lines
        return lines
    }
}
