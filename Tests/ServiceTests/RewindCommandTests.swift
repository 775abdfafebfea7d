import Glibc
import Store
import TestSupport
import Testing

@Suite("herald rewind")
struct RewindCommandTests {
    private func position(_ seq: String?, _ database: String, _ followers: Int64...) -> StoredPosition {
        StoredPosition(
            database: database,
            startTime: "1700000000",
            seq: seq.map { Array($0.utf8) },
            followers: followers
        )
    }

    private func stage() async throws -> StoreStage {
        let stage = try StoreStage()
        let positions = [
            position(#""5-a""#, "orders", 1, 2), position(#""6-b""#, "invoices", 1), position(#""7-c""#, "mail", 1),
        ]
        try await stage.fill(
            StoreChanges(
                followers: [StoredFollower(id: 1, name: "indexer"), StoredFollower(id: 2, name: "warmer\u{1B}[2J")],
                positions: Dictionary(grouping: positions, by: \.database)
            )
        )
        return stage
    }

    @Test("It puts a notifier's cursors to 0 or now, in all databases or one, and tells in one line what was done")
    func rewinds() async throws {
        let stage = try await stage()
        let everywhere = try await stage.herald("rewind", "indexer", "--to", "0")
        #expect(everywhere.exit == .status(0))
        #expect(everywhere.stdout == ["indexer: 3 databases rewound to 0"] && everywhere.stderr.isEmpty)
        #expect(
            try await stage.contents().positions == [
                position("0", "invoices", 1), position("0", "mail", 1),
                position(#""5-a""#, "orders", 2), position("0", "orders", 1),
            ]
        )
        let one = try await stage.herald("rewind", "indexer", "--database", "mail", "--to", "now")
        #expect(one.exit == .status(0) && one.stdout == ["indexer: 1 database rewound to now"])
        #expect(try await stage.contents().positions[1] == position(nil, "mail", 1))
    }

    @Test("--all means everybody, a line each, without control characters")
    func all() async throws {
        let stage = try await stage()
        let all = try await stage.herald("rewind", "--all", "--to", "0")
        #expect(all.exit == .status(0))
        #expect(
            all.stdout == ["indexer: 3 databases rewound to 0", #"warmer\u001B[2J: 1 database rewound to 0"#]
        )
        #expect(try await stage.contents().positions.allSatisfy { $0.seq == Array("0".utf8) })
    }

    @Test("A seq goes to one database, as the server shows it or as JSON, also where there was no cursor")
    func seq() async throws {
        let stage = try await stage()
        let bare = try await stage.herald("rewind", "indexer", "--database", "mail", "--to", "12-g1AAA")
        #expect(bare.stdout == [#"indexer: 1 database rewound to "12-g1AAA""#])
        #expect(try await stage.contents().positions[1] == position(#""12-g1AAA""#, "mail", 1))
        let new = try await stage.herald("rewind", "indexer", "--database", "new", "--to", "[1,\"x\"]")
        #expect(new.exit == .status(0))
        let expected = StoredPosition(database: "new", startTime: nil, seq: Array("[1,\"x\"]".utf8), followers: [1])
        #expect(try await stage.contents().positions.contains(expected))
    }

    @Test("What is not there is named on stderr with what there is, exit 1, and nothing changes")
    func unknown() async throws {
        let stage = try await stage()
        let before = try await stage.contents()
        let follower = try await stage.herald("rewind", "indexr", "--to", "0")
        #expect(follower.exit == .status(1) && follower.stdout.isEmpty)
        #expect(follower.stderr.count == 1 && follower.stderr[0].contains("'indexr'"))
        #expect(follower.stderr[0].contains("did you mean indexer?"))
        let database = try await stage.herald("rewind", "indexer", "--database", "male", "--to", "0")
        #expect(database.exit == .status(1) && database.stdout.isEmpty)
        #expect(database.stderr[0].contains("no cursor in 'male'; there are some in: invoices, mail, orders"))
        #expect(try await stage.contents() == before)
    }

    @Test("Without a store there is nothing to rewind, and none is made")
    func noStore() async throws {
        let stage = try StoreStage()
        let rewind = try await stage.herald("rewind", "indexer", "--to", "0")
        #expect(rewind.exit == .status(1) && rewind.stderr.count == 1)
        #expect(rewind.stderr[0].contains("\(stage.stateFolder): there is no store yet"))
        #expect(try namesInFolder(stage.folder.path) == ["notifiers.ini"])
    }

    @Test("While another process has the store it is refused with 69, naming that process, and nothing changes")
    func inUse() async throws {
        let stage = try await stage()
        let store = try Store.open(stage.stateFolder)
        let before = try await store.contents()
        let rewind = try await stage.herald("rewind", "--all", "--to", "0")
        #expect(rewind.exit == .status(69) && rewind.stdout.isEmpty)
        #expect(rewind.stderr.count == 1)
        #expect(rewind.stderr[0].hasPrefix("\(stage.stateFolder): is in use by process \(getpid()); "))
        #expect(try await store.contents() == before)
        store.close()
        #expect(try await stage.herald("rewind", "--all", "--to", "0").exit == .status(0))
    }

    @Test("A damaged store is refused with 74 by rewind, dead and check, and is left as it is")
    func damaged() async throws {
        let stage = try await stage()
        let file = "\(stage.stateFolder)/herald.sqlite"
        let cut = try readFile(file).dropLast(100)
        try writeFile(file, cut)
        for arguments in [["rewind", "--all", "--to", "0"], ["dead", "list"], ["dead", "drop", "--all"], ["check"]] {
            let herald = try HeraldProcess(arguments + ["-c", stage.configuration])
            #expect(try await herald.waitForExit() == .status(74), "\(arguments)")
            #expect(herald.stderr.last?.hasPrefix("\(file): is damaged: ") == true)
            #expect(herald.stderr.last?.contains("restore a copy") == true)
        }
        #expect(try readFile(file) == Array(cut))
    }

    @Test("check looks at the store and makes none; a folder that could not be made is told with 74")
    func check() async throws {
        let stage = try await stage()
        #expect(try await stage.herald("check").exit == .status(0))
        let store = try Store.open(stage.stateFolder)
        #expect(try await stage.herald("check").exit == .status(0))
        store.close()

        let fresh = try StoreStage()
        #expect(try await fresh.herald("check").exit == .status(0))
        #expect(try namesInFolder(fresh.folder.path) == ["notifiers.ini"])
        try fresh.folder.write("notifiers.ini", "[herald]\nstate_dir = missing/state\n[update_notification]\na = cat\n")
        let missing = try await fresh.herald("check")
        #expect(missing.exit == .status(74))
        #expect(
            missing.stderr.last?.contains("missing/state: cannot be made: the folder above it is missing; ") == true
        )
    }
}
