import Logging
import TestSupport
import Testing

@testable import CouchFeed
@testable import Store

@Suite("Cursors in the store")
struct CursorKeeperTests {
    private static func mark(_ database: String, _ seq: String) -> Mark {
        Mark(
            database: database,
            cursor: Cursor(instance: Instance(startTime: "100"), seq: Seq(json: seq.utf8))
        )
    }

    private static func keeper(
        _ store: Store,
        _ names: [String],
        window: Int = .max,
        delay: Duration = .milliseconds(500)
    ) async throws -> CursorKeeper {
        CursorKeeper(
            store: store,
            contents: try await store.contents(),
            members: names.map { CursorKeeper.Member(name: $0, window: window) },
            forgetAfter: .seconds(3600),
            delay: delay,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private static func seqs(_ store: Store) async throws -> [String: [String]] {
        let contents = try await store.contents()
        let names = Dictionary(uniqueKeysWithValues: contents.followers.map { ($0.id, $0.name) })
        var seqs: [String: [String]] = [:]
        for position in contents.positions {
            for follower in position.followers {
                let seq = position.seq.map { String(decoding: $0, as: UTF8.self) } ?? "now"
                seqs[names[follower] ?? "?", default: []].append("\(position.database) \(seq)")
            }
        }
        return seqs
    }

    @Test("What was delivered is saved soon, the last word wins, and all is saved at the end")
    func saves() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let keeper = try await Self.keeper(store, ["a", "b"])
        let running = Task { await keeper.run() }
        for number in 1...100 { keeper.ledger(of: "a").delivered([Self.mark("d", "\(number)")]) }
        try await eventually("it is saved") {
            try await Self.seqs(store) == ["a": ["d 100"]]
        }
        keeper.ledger(of: "b").delivered([Self.mark("e", "7")])
        await keeper.stop()
        await running.value
        #expect(try await Self.seqs(store) == ["a": ["d 100"], "b": ["e 7"]])
        store.close()
    }

    @Test("As many confirmations as the window has lines are saved without waiting for more")
    func window() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let keeper = try await Self.keeper(store, ["a"], window: 10, delay: .seconds(3600))
        let running = Task { await keeper.run() }
        for number in 1...10 { keeper.ledger(of: "a").delivered([Self.mark("d", "\(number)")], confirmed: 1) }
        try await eventually("it is saved") {
            try await Self.seqs(store) == ["a": ["d 10"]]
        }
        await keeper.stop()
        await running.value
        store.close()
    }

    @Test("What cannot be saved is saved when it can be: nothing is forgotten meanwhile")
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let keeper = try await Self.keeper(store, ["a"])
        let running = Task { await keeper.run() }
        try await store.limitPages(to: 1)
        let long = String(repeating: "x", count: 100_000)
        keeper.ledger(of: "a").delivered([Self.mark("d", "\"\(long)\"")])
        let letter = DeadLetter(
            id: 0,
            notifier: "a",
            database: "d",
            line: [1],
            reason: "no",
            deliveries: 1,
            firstDelivered: 1,
            died: 2,
            isToBeRetried: false
        )
        keeper.ledger(of: "a").gaveUp(letter, passing: [Self.mark("e", "2")])
        var isSaved = await keeper.trySave()
        #expect(!isSaved)
        keeper.ledger(of: "a").delivered([Self.mark("d", "3")])
        try await store.limitPages(to: nil)
        isSaved = await keeper.trySave()
        #expect(isSaved)
        await keeper.stop()
        await running.value
        #expect(try await Self.seqs(store)["a"]?.sorted() == ["d 3", "e 2"])
        #expect(try await store.deadLetters().map(\.reason) == ["no"])
        store.close()
    }

    @Test("A letter and the cursor that passes it are saved in one step")
    func letters() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let keeper = try await Self.keeper(store, ["a"])
        let letter = DeadLetter(
            id: 0,
            notifier: "a",
            database: "d",
            line: Array("x".utf8),
            reason: "no",
            deliveries: 3,
            firstDelivered: 1,
            died: 2,
            isToBeRetried: false
        )
        keeper.ledger(of: "a").gaveUp(letter, passing: [Self.mark("d", "5")])
        let isSaved = await keeper.trySave()
        #expect(isSaved)
        #expect(try await Self.seqs(store) == ["a": ["d 5"]])
        let saved = try await store.deadLetters()
        #expect(saved.map(\.deliveries) == [3])
        keeper.ledger(of: "a").finished(letter: try #require(saved.first?.id))
        await keeper.stop()
        #expect(try await store.deadLetters().isEmpty)
        store.close()
    }

    @Test("Many saves at once all end")
    func manySaves() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let keeper = try await Self.keeper(store, ["a"])
        let running = Task { await keeper.run() }
        await withTaskGroup { group in
            for number in 0..<200 {
                group.addTask {
                    keeper.ledger(of: "a").delivered([Self.mark("d\(number)", "1")])
                    let isSaved = await keeper.trySave()
                    #expect(isSaved)
                }
            }
        }
        await keeper.stop()
        await running.value
        #expect(try await Self.seqs(store)["a"]?.count == 200)
        store.close()
    }

    @Test("What a follower remembers is where it begins; one that has never looked has no scope")
    func memory() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let first = try await Self.keeper(store, ["a", "b"])
        first.ledger(of: "a").begins(atNowIn: "d")
        first.ledger(of: "a").delivered([Self.mark("e", "5")])
        first.ledger(of: "a").announced(Instance(startTime: nil, generation: 3), in: "f")
        first.ledger(of: "a").begins(withScope: "*")
        await first.remember(server: "uuid")
        await first.stop()
        var memory = try await Self.keeper(store, ["a", "b"]).recollect()
        #expect(memory.serverID == "uuid")
        #expect(memory.scope(of: "a") == "*")
        #expect(memory.scope(of: "b") == nil)
        #expect(memory.take("d", for: ["a", "b", "c"]) == ["a": .now])
        #expect(memory.take("e", for: ["a", "b", "c"]) == ["a": .resume(Self.mark("e", "5").cursor)])
        #expect(memory.take("e", for: ["a", "b", "c"]) == [:])
        #expect(memory.take("f", for: ["a", "b", "c"]) == ["a": .announced(Instance(startTime: nil, generation: 3))])
        store.close()
    }

    @Test("An announced life is remembered as soon as the end of the one before has been told, and not before")
    func announced() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let next = Instance(startTime: "200")
        let keeper = try await Self.keeper(store, ["a", "b", "c"])
        let ledgers = ["a", "b", "c"].map { keeper.ledger(of: $0) }
        for ledger in ledgers { ledger.delivered([Self.mark("d", "5")]) }
        let isSaved = await keeper.trySave()
        #expect(isSaved)
        let end = Mark(database: "d", cursor: .untold)
        ledgers[1].delivered([end])
        for ledger in ledgers { ledger.announced(next, in: "d") }
        ledgers[2].delivered([end])
        await keeper.stop()
        var memory = try await Self.keeper(store, ["a", "b", "c"]).recollect()
        let old = Self.mark("d", "5").cursor
        #expect(
            memory.take("d", for: ["a", "b", "c"])
                == ["a": .resume(old), "b": .announced(next), "c": .announced(next)]
        )
        store.close()
    }
}
