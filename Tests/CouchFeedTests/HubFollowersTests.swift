import Curl
import Logging
import TestSupport
import Testing

@testable import CouchFeed
@testable import Store

@Suite("Followers that come and go")
@CurlLoop
struct HubFollowersTests {
    private static let old = Instance(startTime: "100")
    private static let new = Instance(startTime: "200")

    private static func seq(_ text: String) -> Seq { Seq(json: text.utf8) }

    private static func cursor(_ text: String, _ instance: Instance = old) -> Cursor {
        Cursor(instance: instance, seq: seq(text))
    }

    /// A hub that never reaches its server, and asks nobody.
    @CurlLoop
    private struct Stage {
        let folder: TemporaryFolder
        let store: Store
        let keeper: CursorKeeper
        let hub: Hub

        /// Each of these follows from the beginning, and wants all.
        init(_ names: [String]) async throws {
            folder = try TemporaryFolder()
            store = try Store.open(folder.path("state"))
            let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let keeper = CursorKeeper(
                store: store,
                contents: try await store.contents(),
                members: names.map { CursorKeeper.Member(name: $0) },
                forgetAfter: .seconds(3600),
                log: log
            )
            self.keeper = keeper
            hub = await Hub(
                address: ServerAddress(url: "http://127.0.0.1:1"),
                options: HubOptions(selects: { _ in true }),
                followers: names.map { HeardFollower($0, keeper.ledger(of: $0), databases: nil) },
                keeper: keeper,
                memory: .of(keeper),
                log: log,
                foundWrongServer: nil
            )
        }

        func end() {
            hub.stop()
            store.close()
        }

        /// One that is new, or makes another choice.
        func follower(_ name: String, wants databases: Set<String>? = nil, rows: Bool = false) async -> HeardFollower {
            let ledger = await keeper.enroll(CursorKeeper.Member(name: name))
            return HeardFollower(name, ledger, databases: databases, needs: FollowerNeeds(rows: rows))
        }

        /// All of these follow from now on, and the others of the hub no more.
        func follow(_ followers: [any Follower]) async {
            hub.follow(for: followers, knowing: await .of(keeper))
        }

        /// A database that is there, with a feed that stands at `place`, where all who follow it stand too.
        func open(_ name: String = "d", at place: String = "5") throws -> FollowedDatabase {
            let database = try #require(hub.known(name))
            _ = database.machine.look()
            let info = DatabaseInfo(instanceStartTime: old.startTime, updateSeq: seq(place))
            _ = database.machine.found(info, tellsInstances: true)
            _ = database.machine.begins(at: seq(place), as: old)
            for seat in database.seats {
                seat.cursor = cursor(place)
                seat.state = .attached
            }
            return database
        }
    }

    @Test("Those who stay keep their seats, those who leave lose theirs")
    func stay() async throws {
        let stage = try await Stage(["a", "b"])
        let database = try stage.open()
        let seat = try #require(database.seats.first)
        let staying = stage.hub.followers[0]
        await stage.follow([staying])
        #expect(database.seats.count == 1 && database.seats[0] === seat && seat.isAttached)
        #expect(database.machine.position == Self.seq("5"))
        stage.end()
    }

    @Test("A database that nobody wants any more is followed no more")
    func unwanted() async throws {
        let stage = try await Stage(["a"])
        _ = try stage.open()
        await stage.follow([await stage.follower("a", wants: ["e"])])
        #expect(stage.hub.databases.isEmpty)
        stage.end()
    }

    @Test(
        "One that comes is given nothing before it is known where the database stands, and then goes on from its place"
    )
    func comes() async throws {
        let stage = try await Stage(["a"])
        let database = try stage.open()
        let comer = await stage.follower("b", rows: true)
        comer.ledger.delivered([Mark(database: "d", cursor: Self.cursor("3"))])
        await stage.follow(stage.hub.followers + [comer])
        let seat = try #require(database.seats.last)
        #expect(seat.isWaiting && database.needsRows)
        stage.hub.admitNewcomers(of: database, at: Self.seq("6"))
        #expect(seat.isDetached && seat.cursor == Self.cursor("3") && comer.told.isEmpty)
        #expect(database.seats[0].isAttached)
        stage.end()
    }

    @Test("One that comes and stands where the feed does joins it at once")
    func joins() async throws {
        let stage = try await Stage(["a"])
        let database = try stage.open()
        let comer = await stage.follower("b")
        comer.ledger.delivered([Mark(database: "d", cursor: Self.cursor("5"))])
        await stage.follow(stage.hub.followers + [comer])
        stage.hub.admitNewcomers(of: database, at: Self.seq("6"))
        #expect(database.seats.last?.isAttached == true)
        stage.end()
    }

    @Test("One that comes and was told of another life is told of its end and of this one")
    func anotherLife() async throws {
        let stage = try await Stage(["a"])
        let database = try stage.open()
        let comer = await stage.follower("b")
        comer.ledger.delivered([Mark(database: "d", cursor: Self.cursor("3", Self.new))])
        await stage.follow(stage.hub.followers + [comer])
        stage.hub.admitNewcomers(of: database, at: Self.seq("6"))
        #expect(comer.told == [.deleted(Self.new), .created(Self.old)])
        stage.end()
    }

    @Test("One that comes and begins now is given nothing before that is saved")
    func now() async throws {
        let stage = try await Stage(["a"])
        let database = try stage.open()
        let comer = await stage.follower("b")
        await stage.follow(stage.hub.followers + [comer])
        let seat = try #require(database.seats.last)
        guard case .waiting(.now) = seat.state else { throw TestFailure("it begins otherwise") }
        stage.hub.admitNewcomers(of: database, at: Self.seq("6"))
        #expect(seat.isWaiting && seat.isArriving && stage.hub.waitingForSave.count == 1)
        // It is asked for once.
        stage.hub.admitNewcomers(of: database, at: Self.seq("7"))
        #expect(stage.hub.waitingForSave.count == 1)
        // Where "now" is does not move, though it changes its mind before that is saved.
        let others = [stage.hub.followers[0]]
        await stage.follow(others + [await stage.follower("b", wants: [])])
        await stage.follow(others + [comer])
        guard case .waiting(.noted(Self.cursor("6"))) = try #require(database.seats.last).state else {
            throw TestFailure("it begins otherwise")
        }
        stage.end()
    }

    @Test("One that comes and was told of a life that is over is told so, though nobody else was ever told of any")
    func isOver() async throws {
        let stage = try await Stage(["a"])
        let database = try #require(stage.hub.known("d"))
        let comer = await stage.follower("b")
        comer.ledger.delivered([Mark(database: "d", cursor: Self.cursor("3"))])
        await stage.follow(stage.hub.followers + [comer])
        var random = SystemRandomNumberGenerator()
        _ = database.machine.look()
        stage.hub.act(database.machine.missing(), on: database)
        stage.hub.act(database.machine.confirmed(isSameServer: true, using: &random), on: database)
        #expect(comer.told == [.deleted(Self.old)])
        stage.end()
    }

    @Test("Another choice of databases: what is wanted still goes on, what is wanted again goes on where it was left")
    func choice() async throws {
        let stage = try await Stage(["a", "b"])
        let database = try stage.open()
        let seat = try #require(database.seats.last)
        let one = await stage.follower("b", wants: ["d"])
        await stage.follow([stage.hub.followers[0], one])
        #expect(database.seats.last === seat && seat.isAttached && seat.follower === one)
        await stage.follow([stage.hub.followers[0], await stage.follower("b", wants: [])])
        #expect(database.seats.count == 1)
        await stage.follow([stage.hub.followers[0], one])
        let back = try #require(database.seats.last)
        guard case .waiting(.resume(Self.cursor("5"))) = back.state else { throw TestFailure("it begins otherwise") }
        stage.end()
    }

    @Test("What was to begin in a life that has ended since does not begin in the next one, though that has no name")
    func stale() async throws {
        let stage = try await Stage(["a"])
        let database = try #require(stage.hub.known("d"))
        let info = DatabaseInfo(instanceStartTime: nil, updateSeq: Self.seq("500"))
        _ = database.machine.look()
        stage.hub.act(database.machine.found(info, tellsInstances: false), on: database)
        let entrance = try #require(stage.hub.waitingForSave.first)
        var random = SystemRandomNumberGenerator()
        _ = database.machine.look()
        // Something suggests a look again, so that it is not forgotten.
        _ = database.machine.look()
        _ = database.machine.missing()
        _ = database.machine.confirmed(isSameServer: true, using: &random)
        stage.hub.act([.gone], on: database)
        stage.hub.act(database.machine.found(info, tellsInstances: false), on: database)
        stage.hub.begin(entrance)
        #expect(database.machine.position == nil)
        for entrance in stage.hub.waitingForSave.dropFirst() { stage.hub.begin(entrance) }
        #expect(database.machine.instance?.generation == 1 && database.machine.position != nil)
        stage.end()
    }

    @Test("Lives without names are counted on when the database was forgotten meanwhile")
    func forgotten() async throws {
        let stage = try await Stage(["a"])
        let database = try #require(stage.hub.known("d"))
        let info = DatabaseInfo(instanceStartTime: nil, updateSeq: Self.seq("5"))
        _ = database.machine.look()
        stage.hub.act(database.machine.found(info, tellsInstances: false), on: database)
        var random = SystemRandomNumberGenerator()
        _ = database.machine.look()
        _ = database.machine.missing()
        stage.hub.act(database.machine.confirmed(isSameServer: true, using: &random), on: database)
        #expect(stage.hub.databases.isEmpty)
        let next = try #require(stage.hub.known("d"))
        _ = next.machine.look()
        _ = next.machine.found(info, tellsInstances: false)
        #expect(next.machine.instance == Instance(startTime: nil, generation: 1))
        stage.end()
    }

    @Test("Of one that has left while it was to catch up nothing is kept")
    func leavesNothing() async throws {
        let stage = try await Stage(["a", "b"])
        let database = try stage.open()
        weak let record = stage.hub.records.last
        database.detach(try #require(database.seats.last))
        await stage.follow([stage.hub.followers[0]])
        #expect(record == nil)
        stage.end()
    }

    @Test("One that has left while its beginning was saved, or was to catch up, is told nothing more")
    func leaves() async throws {
        let stage = try await Stage(["a", "b"])
        let database = try stage.open()
        let seat = try #require(database.seats.last)
        database.detach(seat)
        await stage.follow([stage.hub.followers[0]])
        #expect(!seat.isDetached && seat.record.awayCount == 0 && database.seats.count == 1)
        #expect(stage.hub.standings.map(\.name) == ["a"])
        stage.end()
    }

    @Test("One that comes again under its name begins with what has been delivered, not with what it was given")
    func again() async throws {
        let stage = try await Stage(["a", "b"])
        let database = try stage.open()
        let (stays, leaves) = (stage.hub.followers[0], stage.hub.followers[1])
        leaves.ledger.delivered([Mark(database: "d", cursor: Self.cursor("4"))])
        await stage.follow([stays])
        await stage.follow([stays, await stage.follower("b")])
        let seat = try #require(database.seats.last)
        guard case .waiting(.resume(Self.cursor("4"))) = seat.state else { throw TestFailure("it begins otherwise") }
        stage.end()
    }
}
