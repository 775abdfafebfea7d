import GRDB
import GRDBSQLite

/// The connection to the database. All work runs on its own queue, one piece after the other.
final class StoreDatabase: Sendable {
    private let folder: StoreFolder
    private let queue: DatabaseQueue

    /// Opens the database that is in `folder`, and checks that it is whole. Blocks.
    init(in folder: StoreFolder) throws(StoreError) {
        self.folder = folder
        let logSize = try folder.size(of: folder.log) ?? 0
        queue = try folder.explaining { try DatabaseQueue(path: folder.database, configuration: Self.configuration) }
        do throws(StoreError) {
            try performNow { database in
                try self.checkPages(database)
                try self.checkSchema(database)
                // A log that still has pages may have those that the file lacks.
                if logSize == 0 { try self.checkSize(database) }
            }
        } catch {
            close()
            throw error
        }
    }

    /// Makes a database in `folder`, which has none, whole or not at all. Blocks.
    static func make(in folder: StoreFolder) throws(StoreError) {
        try folder.removeDraft()
        try folder.explaining {
            let queue = try DatabaseQueue(path: folder.draft, configuration: configuration)
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                guard try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL") == "wal" else {
                    throw StoreError.unusable(
                        folder.path,
                        "is on a file system without shared memory or locks",
                        hint: "set another state_dir, on a local disk"
                    )
                }
            }
            try Schema.migrator.migrate(queue)
            // The last connection to leave writes all of it from the log to the file, syncs it, and removes the log.
            try queue.close()
        }
        try folder.publishDraft()
    }

    /// Brings the tables to this version's state. Only for who has the folder's lock. Blocks.
    func migrate() throws(StoreError) {
        try folder.explaining { try Schema.migrator.migrate(queue) }
    }

    /// Writes what is in the log to the file, and makes sure that all of the file is there. Only for who has the
    /// folder's lock. Blocks.
    func checkpoint() throws(StoreError) {
        try performNow { database in
            let isBusy = try Int.fetchOne(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)") != 0
            if !isBusy { try self.checkSize(database) }
        }
    }

    /// Does `work` on the queue, whether or not the calling task is cancelled: what is to be saved at a stop is saved.
    func perform<Result: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Result
    ) async throws(StoreError) -> Result {
        let result = await withCheckedContinuation { continuation in
            queue.asyncWriteWithoutTransaction { database in
                continuation.resume(returning: self.result(of: work, database))
            }
        }
        return try result.get()
    }

    /// Does `work` in one transaction, all of it or nothing, and otherwise as ``perform(_:)`` does.
    func performInTransaction<Result: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Result
    ) async throws(StoreError) -> Result {
        try await perform { database in
            var result: Result?
            // Immediate: one that begins with reading could not wait for another process that writes.
            try database.inTransaction(.immediate) {
                result = try work(database)
                return .commit
            }
            // It is set, since nothing was thrown.
            return result!
        }
    }

    /// Blocks until `work` is done on the queue.
    func performNow<Result>(_ work: (Database) throws -> Result) throws(StoreError) -> Result {
        try queue.writeWithoutTransaction { self.result(of: work, $0) }.get()
    }

    /// Closes the connection, once what was begun is done. Blocks. Does nothing the second time.
    func close() {
        // It fails where a statement is still in use, which none is: all work ends on the queue.
        try? queue.close()
    }

    private func result<Result>(
        of work: (Database) throws -> Result,
        _ database: Database
    ) -> Swift.Result<Result, StoreError> {
        Swift.Result { () throws(StoreError) in
            guard database.sqliteConnection != nil else {
                throw .unusable(folder.database, "was closed and is still used", hint: StoreError.closedHint)
            }
            return try folder.explaining { try work(database) }
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "herald.store"
        configuration.foreignKeysEnabled = false
        // Commands such as `herald dead retry` write beside the service, and both are brief.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // What the machine may lose with NORMAL, when its power fails, is the last transactions, whole ones. That
            // only means repetition: letters and cursors that belong together are in one transaction.
            try database.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON")
        }
        return configuration
    }

    private func checkPages(_ database: Database) throws {
        if sqlite3_db_readonly(database.sqliteConnection, nil) == 1 {
            throw StoreError.unusable(folder.database, "cannot be written", hint: StoreError.rightsHint)
        }
        let finding = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? ""
        // SQLite tells it in lines; an error is one.
        let text = finding.split(separator: "\n").joined(separator: " ")
        if finding != "ok" { throw StoreError.damaged(folder.database, text) }
    }

    private func checkSchema(_ database: Database) throws {
        let migrator = Schema.migrator
        if try migrator.hasBeenSuperseded(database) { throw StoreError.newer(folder.database) }
        if try migrator.appliedIdentifiers(database).isEmpty {
            throw StoreError.damaged(folder.database, "it is another program's database, or was emptied")
        }
    }

    /// The checks of SQLite do not see that the end of the last page is missing: it is zeros to them.
    private func checkSize(_ database: Database) throws {
        // In one transaction, so that the count stands still; another process may only make the file longer.
        try database.inTransaction(.deferred) {
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
            let size = try folder.size(of: folder.database) ?? 0
            if size < pages * pageSize {
                throw StoreError.damaged(folder.database, "\(pages * pageSize - size) bytes are missing at its end")
            }
            return .commit
        }
    }
}

extension StoreFolder {
    /// What `body` throws, as an error that a person can do something with.
    func explaining<Result>(_ body: () throws -> Result) throws(StoreError) -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            throw error
        } catch let error as SQLRow.Misfit {
            throw .damaged(database, "a value in the column '\(error.column)' makes no sense")
        } catch let error as DatabaseError {
            throw explanation(of: error)
        } catch {
            throw .unusable(database, "cannot be used: \(error)", hint: "set another state_dir")
        }
    }

    private func explanation(of error: DatabaseError) -> StoreError {
        let words = error.message ?? "SQLite's error \(error.extendedResultCode.rawValue)"
        return switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT: .damaged(database, words)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            StoreError(
                .inUse(process: nil),
                database,
                "is being written by another process, for seconds now",
                hint: "try again; if that goes on, stop what holds it (fuser \(database))"
            )
        case .SQLITE_FULL: Self.full(database)
        case .SQLITE_IOERR where isFull: Self.full(database)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
            .unusable(database, "cannot be used: \(words)", hint: StoreError.rightsHint)
        default: .unusable(database, "cannot be used: \(words)", hint: StoreError.deviceHint)
        }
    }

    private static func full(_ database: String) -> StoreError {
        .unusable(database, "cannot be written: the disk is full", hint: StoreError.fullHint)
    }
}
