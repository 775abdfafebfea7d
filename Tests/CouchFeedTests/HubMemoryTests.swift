import Curl
import Logging
import TestSupport
import Testing

@testable import CouchFeed
@testable import Store

@Suite("What one hub leaves to the next")
@CurlLoop
struct HubMemoryTests {
    private static let old = Instance(startTime: "100")
    private static let new = Instance(startTime: "200")

    private static func cursor(_ seq: String, _ instance: Instance = old) -> Cursor {
        Cursor(instance: instance, seq: Seq(json: seq.utf8))
    }

    /// Followers, and one hub after the other that never reaches its server.
    @CurlLoop
    private final class Chain {
        let keeper: CursorKeeper
        private let folder: TemporaryFolder
        private let store: Store
        private(set) var hub: Hub?

        init(_ names: [String]) async throws {
            folder = try TemporaryFolder()
            store = try Store.open(folder.path("state"))
            keeper = CursorKeeper(
                store: store,
                contents: try await store.contents(),
                members: names.map { CursorKeeper.Member(name: $0) },
                forgetAfter: .seconds(3600),
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        }

        deinit {
            store.close()
        }

        /// The next hub, which follows for these, each in the databases that it is said to want; for all, by default.
        @discardableResult
        func next(_ wanted: [String: Set<String>?]) async -> Hub {
            let memory: HubMemory
            if let hub {
                hub.stop()
                memory = await .of(keeper, after: hub)
            } else {
                memory = await .of(keeper)
            }
            let hub = Hub(
                address: ServerAddress(url: "http://127.0.0.1:1"),
                options: HubOptions(selects: { _ in true }),
                followers: wanted.sorted { $0.key < $1.key }.map { name, databases in
                    HeardFollower(name, keeper.ledger(of: name), databases: databases)
                },
                keeper: keeper,
                memory: memory,
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                foundWrongServer: nil
            )
            self.hub = hub
            return hub
        }

        /// Where the next hub's follower would begin in the database.
        func beginning(of follower: String, in database: String = "d") async -> Arrival.Beginning? {
            let hub = await next([follower: nil])
            return hub.memory.beginning(of: follower, in: database)
        }
    }

    private static func mark(_ seq: String, _ database: String = "d") -> Mark {
        Mark(database: database, cursor: cursor(seq))
    }

    @Test("Who was given more than has been delivered goes on behind it, however many hubs look for the server in vain")
    func given() async throws {
        let chain = try await Chain(["a"])
        chain.keeper.ledger(of: "a").delivered([Self.mark("5")])
        let hub = await chain.next(["a": nil])
        let database = try #require(hub.known("d"))
        database.seats[0].state = .attached
        database.seats[0].cursor = Self.cursor("9")
        await chain.next(["a": nil])
        let third = await chain.next(["a": nil])
        #expect(third.memory.beginning(of: "a", in: "d") == .resume(Self.cursor("9")))
        _ = third.known("d")
        #expect(await chain.beginning(of: "a") == .resume(Self.cursor("9")))
    }

    @Test("A deletion that was told and not delivered is not told again, and what comes then is told as created")
    func deleted() async throws {
        let chain = try await Chain(["a"])
        chain.keeper.ledger(of: "a").delivered([Self.mark("5")])
        let hub = await chain.next(["a": nil])
        _ = try #require(hub.known("d"))
        // It was told, and nobody is left who wants to know of it.
        hub.databases["d"] = nil
        let second = await chain.next(["a": nil])
        #expect(second.memory.beginning(of: "a", in: "d") == nil)
        // It comes again, and another hub comes before anybody could be told.
        second.records[0].firstLook = .isOver
        _ = try #require(second.known("d", isNew: true))
        #expect(await chain.beginning(of: "a") == .zero)
    }

    @Test("It does not matter whether the hub between wanted the database")
    func unwanted() async throws {
        let chain = try await Chain(["a", "b"])
        for name in ["a", "b"] { chain.keeper.ledger(of: name).delivered([Self.mark("5")]) }
        let hub = await chain.next(["a": nil, "b": nil])
        let database = try #require(hub.known("d"))
        for seat in database.seats {
            seat.state = .attached
            seat.cursor = Self.cursor("9")
        }
        let second = await chain.next(["a": [], "b": nil])
        let seats = try #require(second.known("d")).seats
        #expect(seats.map(\.follower.name) == ["b"])
        let third = await chain.next(["a": [], "b": []])
        #expect(third.known("d") == nil)
        let fourth = await chain.next(["a": nil, "b": nil])
        for name in ["a", "b"] {
            #expect(fourth.memory.beginning(of: name, in: "d") == .resume(Self.cursor("9")))
        }
    }

    @Test("Who was not among the hub's followers begins with what has been delivered")
    func others() async throws {
        let chain = try await Chain(["a", "b"])
        let hub = await chain.next(["a": nil, "b": nil])
        let database = try #require(hub.known("d"))
        for seat in database.seats {
            seat.state = .attached
            seat.cursor = Self.cursor("9")
        }
        // It leaves, and takes with it what it was given and did not read.
        await chain.next(["a": nil])
        chain.keeper.ledger(of: "b").delivered([Self.mark("7")])
        let third = await chain.next(["a": nil, "b": nil])
        #expect(third.memory.beginning(of: "a", in: "d") == .resume(Self.cursor("9")))
        #expect(third.memory.beginning(of: "b", in: "d") == .resume(Self.cursor("7")))
    }

    @Test("Where 'now' is does not move once it was found out, and is saved before anything is given from there on")
    func now() async throws {
        let chain = try await Chain(["a"])
        let hub = await chain.next(["a": nil])
        let database = try #require(hub.known("d"))
        #expect(await chain.beginning(of: "a") == .now)
        let second = try #require(chain.hub)
        let found = try #require(second.known("d"))
        let arrival = found.arrival(of: found.seats, in: Self.old, updateSeq: Seq(json: "9".utf8))
        #expect(found.noteBeginnings(of: found.seats, arrival) == .now)
        #expect(await chain.beginning(of: "a") == .noted(Self.cursor("9")))
        let hubOfThird = try #require(chain.hub)
        let third = try #require(hubOfThird.known("d"))
        let later = third.arrival(of: third.seats, in: Self.old, updateSeq: Seq(json: "20".utf8))
        #expect(later.starts.map(\.cursor) == [Self.cursor("9")])
        #expect(third.noteBeginnings(of: third.seats, later) == .now)
        #expect(await chain.beginning(of: "a") == .noted(Self.cursor("9")))
        _ = database
    }

    @Test("A life that one was about to be told of is told, also if there was no room for it at first")
    func announced() async throws {
        let chain = try await Chain(["a"])
        chain.keeper.ledger(of: "a").announced(Self.old, in: "d")
        let hub = await chain.next(["a": nil])
        let follower = try #require(hub.followers[0] as? HeardFollower)
        follower.hasRoom = false
        let database = try #require(hub.known("d"))
        let arrival = database.arrival(of: database.seats, in: Self.old, updateSeq: Seq(json: "9".utf8))
        database.settle(database.seats[0], arrival.starts[0], in: Self.old, at: arrival.position)
        #expect(database.seats[0].isDetached && follower.told == [])
        #expect(!database.isSettled)
        let next = await chain.next(["a": nil])
        #expect(next.memory.beginning(of: "a", in: "d") == .announced(Self.old))
        follower.hasRoom = true
        database.seats[0].tell(Self.new, of: database)
        #expect(follower.told == [.created(Self.old), .deleted(Self.old), .created(Self.new)])
        database.seats[0].tell(Self.new, of: database)
        #expect(follower.told.count == 3)
    }

    @Test("Where lives have no names, one that has ended is not taken for the next one")
    func generations() async throws {
        let chain = try await Chain(["a"])
        let hub = await chain.next(["a": nil])
        let database = try #require(hub.known("d"))
        let first = Instance(startTime: nil, generation: 0)
        let info = DatabaseInfo(instanceStartTime: nil, updateSeq: Seq(json: "5".utf8))
        _ = database.machine.look()
        _ = database.machine.found(info, tellsInstances: false)
        // It has no room, and so is not told of the end.
        database.seats[0].state = .detached
        database.seats[0].cursor = Self.cursor("5", first)
        _ = database.machine.look()
        _ = database.machine.missing()
        var random = SystemRandomNumberGenerator()
        _ = database.machine.confirmed(isSameServer: true, using: &random)
        for _ in 0..<2 {
            let next = await chain.next(["a": nil])
            let again = try #require(next.known("d"))
            _ = again.machine.look()
            _ = again.machine.found(info, tellsInstances: false)
            #expect(again.machine.instance == Instance(startTime: nil, generation: 1))
        }
    }

    @Test("The server that was found is the one, though that is not noted yet")
    func server() async throws {
        let chain = try await Chain(["a"])
        let hub = await chain.next(["a": nil])
        var random = SystemRandomNumberGenerator()
        let info = ServerInfo(kind: .couchDB, version: "3.5.0", uuid: "u1")
        _ = hub.server.look()
        _ = hub.server.answered(.ok(info), using: &random)
        let next = await chain.next(["a": nil])
        #expect(next.memory.serverID == "u1")
    }
}
