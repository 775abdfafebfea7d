public import CouchFeed
public import Curl
public import Settings

/// A configured process that reads notices, as the hub sees it: what it wants,
/// and the outbox in which that waits for it.
@CurlLoop
public final class Notifier: Follower {
    public nonisolated let name: String
    public nonisolated let outbox: Outbox
    public nonisolated let ledger: Ledger
    public nonisolated let needs: FollowerNeeds
    public nonisolated let startsNow: Bool
    private nonisolated let choice: DatabaseChoice
    private var style: LineStyle
    private let merges: Bool
    private let lines: LineBook

    /// - Parameters:
    ///   - lines: Shared by all notifiers of a hub.
    public nonisolated init(
        _ settings: NotifierSettings,
        of source: SourceSettings,
        lines: LineBook,
        outbox: Outbox,
        ledger: Ledger
    ) {
        name = settings.name
        style = LineStyle(types: settings.types, detail: settings.detail)
        merges = settings.mergesLines
        needs = FollowerNeeds(
            rows: settings.needsRows,
            documents: settings.detail == .doc,
            everySeq: settings.detail != .plain,
            longestStride: min(settings.confirmation?.window ?? 1000, 1000)
        )
        startsNow = (settings.since ?? source.since) == .now
        choice = DatabaseChoice(source: source.databases, own: settings.databases)
        self.lines = lines
        self.outbox = outbox
        self.ledger = ledger
    }

    /// From now on it gets notices of these types.
    public func change(types: Set<NotifierSettings.NoticeType>) {
        style = LineStyle(types: types, detail: style.detail)
    }

    public nonisolated var scope: String { choice.text }

    public func wants(database name: String) -> Bool {
        choice.wants(name)
    }

    public func wants(database name: String, inScope scope: String) -> Bool {
        DatabaseChoice(text: scope)?.wants(name) ?? false
    }

    public var hasRoom: Bool {
        merges || !outbox.isFull
    }

    public func receive(_ event: LifeEvent, of database: FollowedDatabase, mark: Mark) {
        let line = lines[database].line(of: event, style)
        switch event {
        case .created where style.types.contains(.created):
            outbox.fill { queue, now in queue.created(database.name, line: line, mark: mark, at: now) }
        case .deleted where style.types.contains(.deleted):
            outbox.fill { queue, now in queue.deleted(database.name, line: line, mark: mark, at: now) }
        case .created, .deleted: reached(mark)
        }
    }

    public func receive(_ batch: ChangeBatch, of database: FollowedDatabase, in instance: Instance, mark: Mark?) {
        if needs.rows, let rows = batch.rows {
            if let block = lines.block(of: rows, database, instance, style) {
                outbox.fill { queue, now in queue.append(block, mark: mark, at: now) }
            } else if let mark {
                reached(mark)
            }
        } else {
            receivePlain(batch, database, mark)
        }
    }

    public func reached(_ mark: Mark) {
        outbox.fill { queue, _ in queue.reached(mark) }
    }

    private func receivePlain(_ batch: ChangeBatch, _ database: FollowedDatabase, _ mark: Mark?) {
        let lines = self.lines[database]
        let (wantsUpdated, wantsDesign) = (style.types.contains(.updated), style.types.contains(.ddocUpdated))
        // Made outside of the lock, of which the notifier's own task has need.
        let designLines = wantsDesign ? batch.items.compactMap { lines.designDocumentUpdated($0) } : []
        guard wantsUpdated || !designLines.isEmpty else {
            if let mark { reached(mark) }
            return
        }
        let name = database.name
        outbox.fill { queue, now in
            var nextDesign = designLines.startIndex
            // The batch's mark belongs to the last of its lines, or comes behind them if the last rows have none.
            let last = batch.items.count - 1
            for (index, item) in batch.items.enumerated() {
                let end = index == last ? mark : nil
                switch item {
                case .documents(let count):
                    if wantsUpdated { queue.updated(name, line: lines.updated, count: count, mark: end, at: now) }
                case .designDocument:
                    if wantsUpdated {
                        let end = wantsDesign ? nil : end
                        queue.updated(name, line: lines.updated, count: 1, mark: end, at: now)
                    }
                    guard wantsDesign else { continue }
                    queue.designDocumentUpdated(name, line: designLines[nextDesign], mark: end, at: now)
                    nextDesign += 1
                }
            }
            if !wantsUpdated, case .documents = batch.items[last], let mark { queue.reached(mark) }
        }
    }
}

/// The lines of each database, made when they are first needed.
@CurlLoop
public final class LineBook {
    private var byNumber: [Int: NoticeLines] = [:]
    /// The rows that were encoded last, and their lines in each style: made once for all who want them alike.
    private var rows: RowBlock?
    private var blocks: [LineStyle: LineBlock?] = [:]

    public nonisolated init() {}

    subscript(database: FollowedDatabase) -> NoticeLines {
        if let lines = byNumber[database.number] { return lines }
        let lines = NoticeLines(database: database.name)
        // A number is never used again, so the book is emptied now and then of those that are gone.
        if byNumber.count >= 20_000 { byNumber.removeAll() }
        byNumber[database.number] = lines
        return lines
    }

    func block(
        of rows: RowBlock,
        _ database: FollowedDatabase,
        _ instance: Instance,
        _ style: LineStyle
    ) -> LineBlock? {
        if !(self.rows?.isOne(with: rows) ?? false) {
            self.rows = rows
            blocks.removeAll(keepingCapacity: true)
            CurlLoop.atEndOfTurn { [weak self] in
                self?.rows = nil
                self?.blocks = [:]
            }
        }
        if let block = blocks[style] { return block }
        let block = self[database].block(of: rows, in: instance, style)
        blocks[style] = block
        return block
    }
}
