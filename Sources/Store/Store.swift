import GRDB
import NIOConcurrencyHelpers

/// What outlives the process: cursors and dead letters, in a folder of their own that one Herald works with at a time.
///
/// A store that is damaged is never replaced and never emptied: it is an error,
/// and what to do about it is a person's decision. Apart from ``open(_:)`` and
/// ``close()``, nothing here blocks the calling thread; the work is done on the
/// store's own queue in the order of the calls. It uses no clock.
public final class Store: Sendable {
    private let folder: StoreFolder
    private let lock: FolderLock
    private let database: StoreDatabase
    /// What `PRAGMA data_version` was at the last look.
    private let version: NIOLockedValueBox<Int64>
    /// Whether something was saved that the death of the machine could undo.
    private let isUnsynced = NIOLockedValueBox(false)

    private init(_ folder: StoreFolder, _ lock: FolderLock, _ database: StoreDatabase) throws(StoreError) {
        self.folder = folder
        self.lock = lock
        self.database = database
        version = NIOLockedValueBox(try database.performNow(Self.dataVersion))
    }

    deinit {
        close()
    }

    /// Opens the store in `folder`, which is made if it is missing (mode 0700; one that is there keeps its mode), but
    /// not the folders above it. Blocks.
    ///
    /// Throws if another Herald has the folder, if the store is damaged or newer than this version, or if it cannot be
    /// written.
    public static func open(_ folder: String) throws(StoreError) -> Store {
        let folder = StoreFolder(path: folder)
        try folder.make()
        let lock = try FolderLock.take(folder)
        if try !folder.hasDatabase() { try StoreDatabase.make(in: folder) }
        let database = try StoreDatabase(in: folder)
        do throws(StoreError) {
            try database.checkpoint()
            try database.migrate()
            return try Store(folder, lock, database)
        } catch {
            database.close()
            throw error
        }
    }

    /// All that the store holds but its dead letters.
    public func contents() async throws(StoreError) -> StoreContents {
        // One transaction: what is read belongs together.
        try await database.performInTransaction { try Cursors(database: $0).contents() }
    }

    /// Saves all of `changes` in one transaction, or throws and saves nothing; a later save may succeed. A cancelled
    /// task saves too.
    ///
    /// Survives the death of this process in any case, but that of the machine
    /// only from the next durable save on, or ``close()``.
    ///
    /// - Parameter durably: Return only when this, and all that was saved before, is on the disk. To be asked for where
    ///   losing it would not merely mean repetition: when "now" was resolved to a seq.
    public func save(_ changes: StoreChanges, durably: Bool = false) async throws(StoreError) {
        guard !changes.isEmpty || durably else { return }
        try await database.perform { [isUnsynced] database in
            guard !changes.isEmpty else {
                // Nothing is written, and so nothing would be synced. A checkpoint does, before all else.
                guard isUnsynced.withLockedValue({ $0 }) else { return }
                try database.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)")
                return isUnsynced.withLockedValue { $0 = false }
            }
            if durably { try database.execute(sql: "PRAGMA synchronous = FULL") }
            defer { if durably { try? database.execute(sql: "PRAGMA synchronous = NORMAL") } }
            try database.inTransaction(.immediate) {
                let cursors = Cursors(database: database)
                if let server = changes.server { try cursors.save(server) }
                if !changes.followers.isEmpty { try cursors.save(changes.followers) }
                if !changes.positions.isEmpty { try cursors.save(changes.positions) }
                if !changes.forgotten.isEmpty { try cursors.forget(changes.forgotten) }
                let letters = Letters(database: database)
                if !changes.letters.isEmpty { try letters.save(changes.letters) }
                if !changes.finishedLetters.isEmpty { try letters.delete(changes.finishedLetters) }
                return .commit
            }
            isUnsynced.withLockedValue { $0 = !durably }
        }
    }

    /// Whether another process has written since the last call, or since the store was opened: `herald dead retry`
    /// beside a running service.
    public func wasChangedByOthers() async throws(StoreError) -> Bool {
        let now = try await database.perform(Self.dataVersion)
        return version.withLockedValue { last in
            defer { last = now }
            return last != now
        }
    }

    /// The dead letters of `notifier`, or all of them, in the order of their ids.
    public func deadLetters(of notifier: String? = nil) async throws(StoreError) -> [DeadLetter] {
        try await database.perform { try Letters(database: $0).all(of: notifier) }
    }

    /// How many dead letters each notifier has that has any.
    public func deadLetterCounts() async throws(StoreError) -> [String: Int] {
        try await database.perform { try Letters(database: $0).counts() }
    }

    /// What the files of the store take, in bytes.
    public var size: Int64 { folder.size }

    /// The dead letters that somebody asked to deliver again, in the order of their ids.
    public func lettersToBeRetried() async throws(StoreError) -> [DeadLetter] {
        try await database.perform { try Letters(database: $0).toBeRetried() }
    }

    /// Whether the folder is still the one that was opened, and has a database in it. If it was removed or replaced, what
    /// is saved goes nowhere, and the system tells nobody.
    public var isInPlace: Bool {
        lock.isAt(folder.lock) && ((try? folder.hasDatabase()) ?? false)
    }

    /// Brings all that was saved to the disk, closes the store and lets others have the folder. Blocks until what was
    /// begun is done. Does nothing the second time; whatever else is called from now on throws.
    public func close() {
        // Without room for it, all is still in the log, where the next start finds it.
        try? database.checkpoint()
        database.close()
        lock.release()
    }

    /// Lets the database grow to so many pages and no further, as a full disk would; nil lifts that. For tests.
    func limitPages(to count: Int?) async throws(StoreError) {
        try await database.perform { database in
            try database.execute(sql: "PRAGMA max_page_count = \(count ?? 1_073_741_823)")
        }
    }

    @Sendable
    private static func dataVersion(_ database: Database) throws -> Int64 {
        var version: Int64 = 0
        try SQLStatement("PRAGMA data_version", database).forEachRow { version = try $0.integer(0) }
        return version
    }
}
