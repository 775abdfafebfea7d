import Logging
import TestSupport
import Testing

@testable import CouchFeed
@testable import Store

@Suite("Who comes and goes while Herald runs")
struct MembersTests {
    private static func mark(_ database: String, _ seq: String) -> Mark {
        Mark(database: database, cursor: cursor(seq))
    }

    private static func cursor(_ seq: String) -> Cursor {
        Cursor(instance: Instance(startTime: "100"), seq: Seq(json: seq.utf8))
    }

    private static func keeper(_ store: Store, _ names: [String]) async throws -> CursorKeeper {
        CursorKeeper(
            store: store,
            contents: try await store.contents(),
            members: names.map { CursorKeeper.Member(name: $0) },
            forgetAfter: .seconds(3600),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("Who goes keeps its cursors and gets them back; what is noted after it went counts no more")
    func comesAndGoes() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let keeper = try await Self.keeper(store, ["a"])
        let ledger = await keeper.enroll(CursorKeeper.Member(name: "b"))
        ledger.delivered([Self.mark("d", "5")])
        await keeper.dismiss("b")
        ledger.delivered([Self.mark("d", "9")])
        #expect(await keeper.recollect().beginning(of: "b", in: "d") == .resume(Self.cursor("5")))
        let again = await keeper.enroll(CursorKeeper.Member(name: "b"))
        #expect(again !== ledger)
        #expect(await keeper.enroll(CursorKeeper.Member(name: "b", window: 3)) === again)
        again.delivered([Self.mark("d", "7")])
        #expect(await keeper.recollect().beginning(of: "b", in: "d") == .resume(Self.cursor("7")))
        await keeper.stop()
        let contents = try await store.contents()
        #expect(contents.followers.map(\.name).sorted() == ["a", "b"])
        #expect(Set(contents.followers.map(\.id)).count == 2)
        store.close()
    }

    @Test("A dismissal of one that is no member changes nothing")
    func stranger() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let keeper = try await Self.keeper(store, ["a"])
        await keeper.dismiss("b")
        await keeper.stop()
        #expect(try await store.contents().followers.map(\.name) == ["a"])
        store.close()
    }

    @Test("The time after which the absent are forgotten can change; who was forgotten begins as one never seen")
    func forgets() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let keeper = try await Self.keeper(store, ["a", "b"])
        keeper.ledger(of: "b").delivered([Self.mark("d", "5")])
        await keeper.dismiss("b")
        await keeper.countAbsences()
        #expect(await keeper.recollect().beginning(of: "b", in: "d") != nil)
        await keeper.forget(after: .zero)
        await keeper.countAbsences()
        #expect(await keeper.recollect().beginning(of: "b", in: "d") == nil)
        let ledger = await keeper.enroll(CursorKeeper.Member(name: "b"))
        #expect(await keeper.recollect().scope(of: "b") == nil)
        ledger.delivered([Self.mark("d", "1")])
        await keeper.stop()
        let contents = try await store.contents()
        #expect(contents.followers.map(\.name).sorted() == ["a", "b"])
        #expect(contents.positions.map(\.seq) == [Array("1".utf8)])
        store.close()
    }

    @Test("A rewind is on the disk when it returns, and what others stand at is left")
    func rewinds() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let keeper = try await Self.keeper(store, ["a", "b"])
        for name in ["a", "b"] { keeper.ledger(of: name).delivered([Self.mark("d", "5")]) }
        let rewind = Rewind(follower: "a", database: "d", target: .start)
        try await keeper.check(rewind)
        _ = try await keeper.rewind(rewind)
        var memory = Memory(try await store.contents())
        let beginnings = memory.take("d", for: ["a", "b"])
        #expect(beginnings["b"] == .resume(Self.cursor("5")) && beginnings["a"] != .resume(Self.cursor("5")))
        await #expect(throws: RewindFault.self) {
            try await keeper.check(Rewind(follower: "c", database: nil, target: .start))
        }
        await keeper.stop()
        store.close()
    }

    /// What has been delivered to `a` in `d` is saved; what comes now cannot be.
    private static func keeperOnFullDisk(_ folder: TemporaryFolder) async throws -> (Store, CursorKeeper) {
        let store = try Store.open(folder.path("state"))
        let keeper = try await keeper(store, ["a"])
        keeper.ledger(of: "a").delivered([mark("d", "5")])
        let isSaved = await keeper.trySave()
        #expect(isSaved)
        keeper.ledger(of: "a").delivered([mark("e", "\"\(String(repeating: "x", count: 100_000))\"")])
        try await store.limitPages(to: 1)
        return (store, keeper)
    }

    @Test("A rewind that cannot be saved is done and says so, and is saved when it can be", .timeLimit(.minutes(5)))
    func unsaved() async throws {
        let folder = try TemporaryFolder()
        let (store, keeper) = try await Self.keeperOnFullDisk(folder)
        let rewound = try await keeper.rewind(Rewind(follower: "a", database: "d", target: .start))
        #expect(!rewound.isSaved && rewound.outcome.databases.first?.count == 1)
        try await store.limitPages(to: nil)
        await keeper.stop()
        var memory = Memory(try await store.contents())
        let beginning = try #require(memory.take("d", for: ["a"])["a"])
        #expect(beginning != .resume(Self.cursor("5")))
        store.close()
    }

    @Test("A rewind that cannot be saved holds nobody up who wants to stop", .timeLimit(.minutes(5)))
    func hurried() async throws {
        let folder = try TemporaryFolder()
        let (store, keeper) = try await Self.keeperOnFullDisk(folder)
        async let outcome = keeper.rewind(Rewind(follower: "a", database: "d", target: .start))
        try await eventually("it cannot be saved") { keeper.saves.failure != nil }
        await keeper.hurry()
        _ = try await outcome
        try await store.limitPages(to: nil)
        await keeper.stop()
        store.close()
    }
}

@Suite("For how long somebody is absent")
struct AbsencesTests {
    private static let start = ContinuousClock.now

    private static func follower(_ id: Int64, _ name: String, _ absence: Duration = .zero) -> StoredFollower {
        StoredFollower(id: id, name: name, absence: absence)
    }

    private static func absences(_ followers: [StoredFollower], present: Set<String>) -> Absences {
        Absences(followers: followers, present: present, limit: .seconds(100), now: start)
    }

    @Test("It counts from the moment at which one leaves, not from the last count")
    func leaves() {
        var absences = Self.absences([Self.follower(1, "a")], present: ["a"])
        #expect(absences.count(to: Self.start + .seconds(50)).absences.isEmpty)
        absences.leaves(Self.follower(1, "a", .seconds(7)), now: Self.start + .seconds(80))
        let count = absences.count(to: Self.start + .seconds(90))
        #expect(count.absences.map(\.absence) == [.seconds(10)] && count.forgotten.isEmpty)
        #expect(absences.count(to: Self.start + .seconds(179)).forgotten.isEmpty)
        #expect(absences.count(to: Self.start + .seconds(180)).forgotten.map(\.name) == ["a"])
        #expect(absences.count(to: Self.start + .seconds(999)).forgotten.isEmpty)
    }

    @Test("Who comes back is counted no more, and begins at nothing when it leaves again")
    func comes() {
        var absences = Self.absences([Self.follower(1, "a", .seconds(90)), Self.follower(2, "b")], present: ["b"])
        let wereAbsent = [absences.comes(2), absences.comes(1), absences.comes(1)]
        #expect(wereAbsent == [false, true, false])
        #expect(absences.count(to: Self.start + .seconds(500)).forgotten.isEmpty)
        absences.leaves(Self.follower(1, "a"), now: Self.start + .seconds(500))
        #expect(absences.count(to: Self.start + .seconds(599)).forgotten.isEmpty)
        #expect(absences.count(to: Self.start + .seconds(600)).forgotten.map(\.id) == [1])
    }

    @Test("Another limit counts for those who are absent already")
    func limit() {
        var absences = Self.absences([Self.follower(1, "a", .seconds(50))], present: [])
        absences.limit = .seconds(1000)
        #expect(absences.count(to: Self.start + .seconds(100)).forgotten.isEmpty)
        absences.limit = .seconds(120)
        #expect(absences.count(to: Self.start + .seconds(100)).forgotten.map(\.id) == [1])
    }
}
