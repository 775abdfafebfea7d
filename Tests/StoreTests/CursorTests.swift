import Store
import TestSupport
import Testing

@Suite("Cursors")
struct CursorTests {
    @Test("What was saved is there after a restart, to the byte")
    func roundTrip() async throws {
        let place = try StorePlace()
        let contents = StoreContents(
            server: StoredServer(uuid: "a25b", kind: "couchdb 3.5"),
            followers: [
                StoredFollower(id: 3, name: "warmer", scope: #"{"databases":"*"}"#, absence: .milliseconds(1234)),
                StoredFollower(id: 7, name: "zoë \u{0} 'x'", scope: ""),
                StoredFollower(id: .max, name: "", absence: .seconds(2_592_000)),
            ],
            positions: [
                StoredPosition(
                    database: "a/b+c",
                    startTime: "1700000000",
                    generation: 4,
                    seq: Array("\"12-g1AAA\"".utf8),
                    followers: [3, .max]
                ),
                StoredPosition(database: "a/b+c", startTime: nil, seq: nil, followers: [7]),
                // The text of a seq is the server's affair: nothing says that it is UTF-8, or not empty.
                StoredPosition(database: "odd", startTime: "", seq: [0xFF, 0x00, 0x22], followers: [3]),
                StoredPosition(database: "odd", startTime: nil, generation: -1, seq: [], followers: [7]),
            ]
        )
        var store = try place.open()
        #expect(try await store.contents() == StoreContents())
        let changes = StoreChanges(
            server: contents.server,
            followers: contents.followers,
            positions: Dictionary(grouping: contents.positions, by: \.database)
        )
        try await store.save(changes)
        #expect(try await store.contents() == contents)
        store.close()
        store = try place.open()
        #expect(try await store.contents() == contents)
        store.close()
    }

    @Test("The last save wins, and what it does not name stays")
    func lastOneWins() async throws {
        let place = try StorePlace()
        let store = try place.open()
        try await store.save(StoreChanges(server: StoredServer(uuid: "first"), followers: [.init(id: 1, name: "one")]))
        try await store.save(.positions(.at("1", of: "d", 1), .at("1", of: "e", 1)))
        try await store.save(.positions(.at("2", of: "d", 1)))
        try await store.save(StoreChanges(followers: [.init(id: 1, name: "one", absence: .seconds(9))]))
        let contents = try await store.contents()
        #expect(contents.server == StoredServer(uuid: "first"))
        #expect(contents.followers == [StoredFollower(id: 1, name: "one", absence: .seconds(9))])
        #expect(contents.positions == [.at("2", of: "d", 1), .at("1", of: "e", 1)])
        try await store.save(StoreChanges(server: StoredServer(uuid: "second")))
        #expect(try await store.contents().server?.uuid == "second")
    }

    @Test("The positions of a database are those of its last save, be they more, fewer or none")
    func growAndShrink() async throws {
        let place = try StorePlace()
        let store = try place.open()
        let three: [StoredPosition] = [.at("1", of: "d", 1), .at("2", of: "d", 2), .at(nil, of: "d", 3)]
        for positions in [[three[0]], three, [three[2], three[1]], [], three] {
            try await store.save(StoreChanges(positions: ["d": positions, "e": [.at("9", of: "e", 1)]]))
            #expect(try await store.contents().positions == positions + [.at("9", of: "e", 1)])
        }
        // A position at which nobody stands is none.
        try await store.save(StoreChanges(positions: ["d": [.at("1", of: "d"), .at("2", of: "d", 2)]]))
        #expect(try await store.contents().positions == [.at("2", of: "d", 2), .at("9", of: "e", 1)])
    }

    @Test("A follower that is forgotten leaves no cursor behind, and takes nobody else's away")
    func forget() async throws {
        let place = try StorePlace()
        let store = try place.open()
        try await store.save(
            StoreChanges(followers: [1, 2, 12].map { StoredFollower(id: $0, name: "follower \($0)") })
        )
        try await store.save(
            .positions(
                .at("1", of: "d", 1, 2, 12),
                .at("2", of: "e", 2),
                .at("3", of: "e", 12, 2),
                .at("4", of: "f", 2)
            )
        )
        // Also from what is saved together with it.
        var changes = StoreChanges.positions(.at("5", of: "g", 2, 1))
        changes.forgotten = [2]
        try await store.save(changes)
        let contents = try await store.contents()
        #expect(contents.followers.map(\.id) == [1, 12])
        #expect(contents.positions == [.at("1", of: "d", 1, 12), .at("3", of: "e", 12), .at("5", of: "g", 1)])
        // What is left of a database is replaced as a whole all the same.
        try await store.save(.positions(.at("6", of: "e", 1)))
        #expect(try await store.contents().positions[1] == .at("6", of: "e", 1))
        #expect(try await store.contents().positions.count == 3)
    }

    @Test("Saves and reads that are under way at once come one after the other")
    func together() async throws {
        let place = try StorePlace()
        let store = try place.open()
        try await withThrowingTaskGroup { group in
            for number in 0..<50 {
                group.addTask {
                    try await store.save(.positions(.at("\(number)", of: "d\(number)", 1)))
                    // No read sees half of a save.
                    try await store.save(.positions(.at("\(number)", of: "x", 1), .at("\(number)", of: "y", 1)))
                    let both = try await store.contents().positions.filter { $0.database == "x" || $0.database == "y" }
                    #expect(both.count == 2 && both[0].seq == both[1].seq)
                }
            }
            try await group.waitForAll()
        }
        store.close()
        #expect(try await place.contents().positions.count == 52)
    }

    @Test("A durable save of nothing brings to the disk what was saved before")
    func nothingDurably() async throws {
        let place = try StorePlace()
        let store = try place.open()
        func synced() async throws -> [StoredPosition] {
            // What is in the log only is missing without it.
            try await place.copyOfFiles(except: ["lock", "herald.sqlite-wal"]).contents().positions
        }
        try await store.save(.positions(.at("1", of: "d", 1)))
        #expect(try await synced().isEmpty)
        try await store.save(StoreChanges(), durably: true)
        #expect(try await synced() == [.at("1", of: "d", 1)])
        store.close()
    }

    @Test("A cancelled task saves all the same, durably too")
    func cancelled() async throws {
        let place = try StorePlace()
        let store = try place.open()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            #expect(Task.isCancelled)
            try await store.save(.positions(.at("1", of: "d", 1)), durably: true)
            try await store.save(.positions(.at("1", of: "e", 1)))
        }
        try await task.value
        #expect(try await store.contents().positions.count == 2)
    }

    @Test("What was saved is there if the process ends without closing the store")
    func notClosed() async throws {
        let place = try StorePlace()
        let store = try place.open()
        try await store.save(.positions(.at("1", of: "d", 1)))
        // What a killed process leaves: the files as they are now.
        let killed = try place.copyOfFiles()
        try await store.save(.positions(.at("2", of: "d", 1)))
        #expect(try await killed.contents().positions == [.at("1", of: "d", 1)])
        #expect(try await store.contents().positions == [.at("2", of: "d", 1)])
    }
}
