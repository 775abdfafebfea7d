import Store
import TestSupport
import Testing

/// A folder for one store, which is not made yet.
struct StorePlace {
    let parent: TemporaryFolder

    init() throws {
        parent = try TemporaryFolder()
    }

    var folder: String { parent.path("state") }
    var file: String { "\(folder)/herald.sqlite" }

    func open() throws(StoreError) -> Store {
        try Store.open(folder)
    }

    func view() throws -> StoreView {
        try #require(try Store.look(at: folder))
    }

    /// What the store holds, opened anew.
    func contents() async throws -> StoreContents {
        let store = try open()
        defer { store.close() }
        return try await store.contents()
    }

    /// The names in the folder.
    func names() throws -> [String] {
        try namesInFolder(folder)
    }

    /// A place with the files of this one as they are now: what is left when the process is killed.
    func copyOfFiles(except left: Set<String> = ["lock"]) throws -> StorePlace {
        let copy = try StorePlace()
        try copy.parent.makeFolder("state")
        // The shared memory's file is made anew from the log.
        for name in try names() where !left.contains(name) && !name.hasSuffix("-shm") {
            try writeFile("\(copy.folder)/\(name)", try readFile("\(folder)/\(name)"))
        }
        return copy
    }

    /// The error that opening gives.
    func refusal(sourceLocation: SourceLocation = #_sourceLocation) throws -> StoreError {
        try #require(throws: StoreError.self, sourceLocation: sourceLocation) {
            try open().close()
        }
    }
}

extension StoredPosition {
    static func at(_ seq: String?, of database: String, _ followers: Int64...) -> StoredPosition {
        StoredPosition(
            database: database,
            startTime: "1700000000",
            seq: seq.map { Array($0.utf8) },
            followers: followers
        )
    }
}

extension StoreChanges {
    /// The positions of some databases.
    static func positions(_ positions: StoredPosition...) -> StoreChanges {
        StoreChanges(positions: Dictionary(grouping: positions, by: \.database))
    }
}

extension DeadLetter {
    static func example(_ notifier: String, _ line: String = #"{"type":"updated","db":"d"}"#) -> DeadLetter {
        DeadLetter(
            notifier: notifier,
            database: "d",
            line: Array(line.utf8),
            reason: "no answer within 60s",
            deliveries: 10,
            firstDelivered: 1_790_000_000_000,
            died: 1_790_000_600_123
        )
    }
}
