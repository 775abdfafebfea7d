/// The store as commands beside a running service use it: without the lock, and so without a say about cursors.
///
/// Dead letters can be read, retried and dropped; ``Store/wasChangedByOthers()``
/// tells the service of it. Nothing here blocks the calling thread but ``close()``.
public final class StoreView: Sendable {
    private let database: StoreDatabase

    fileprivate init(_ folder: StoreFolder) throws(StoreError) {
        database = try StoreDatabase(in: folder)
    }

    deinit {
        close()
    }

    /// All that the store holds but its dead letters.
    public func contents() async throws(StoreError) -> StoreContents {
        try await database.performInTransaction { try Cursors(database: $0).contents() }
    }

    /// The dead letters of `notifier`, or all of them, in the order of their ids.
    public func deadLetters(of notifier: String? = nil) async throws(StoreError) -> [DeadLetter] {
        try await database.perform { try Letters(database: $0).all(of: notifier) }
    }

    /// The dead letter `id`; nil if there is none.
    public func deadLetter(_ id: Int64) async throws(StoreError) -> DeadLetter? {
        try await database.perform { try Letters(database: $0).letter(id) }
    }

    /// Asks that these be delivered again: all of them, or none where an id is unknown.
    public func retry(_ selection: DeadLetterSelection) async throws(StoreError) -> DeadLetterResult {
        try await database.performInTransaction { try Letters(database: $0).retry(selection) }
    }

    /// Deletes these: all of them, or none where an id is unknown.
    public func drop(_ selection: DeadLetterSelection) async throws(StoreError) -> DeadLetterResult {
        try await database.performInTransaction { try Letters(database: $0).drop(selection) }
    }

    /// Closes the view. Does nothing the second time; whatever else is called from now on throws.
    public func close() {
        database.close()
    }
}

extension Store {
    /// Looks at the store in `folder` without taking it, whether a service runs or not. Checks it as ``open(_:)`` does,
    /// and makes nothing. Blocks.
    ///
    /// - Returns: nil if there is no store yet, but one could be made.
    public static func look(at folder: String) throws(StoreError) -> StoreView? {
        let folder = StoreFolder(path: folder)
        try folder.checkThatItCouldBeMade()
        guard try folder.exists(), try folder.hasDatabase() else { return nil }
        return try StoreView(folder)
    }
}
