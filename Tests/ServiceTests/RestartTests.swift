import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("Across restarts")
struct RestartTests {
    private static func stage() throws -> Stage {
        try Stage(state: CouchState(clock: TestClock.hurrying))
    }

    private static func configuration(
        _ stage: Stage,
        _ server: PocketCouch,
        _ names: [String],
        source: String = "",
        more: String = ""
    ) throws -> String {
        try stage.configuration(
            url: server.url,
            source: source,
            notifiers: names.map { (name: $0, command: stage.append($0)) },
            more: more
        )
    }

    /// Starts herald for the first time, and waits until it follows all databases: they begin "now".
    private static func begin(_ stage: Stage, _ configuration: String, feeds: Int? = nil) async throws -> HeraldProcess
    {
        let feeds = feeds ?? stage.state.databaseNames.count
        let herald = try await stage.herald(configuration)
        try await eventually("\(feeds) feeds are open") { stage.state.stats.openFeeds >= feeds }
        return herald
    }

    private static func stop(_ herald: HeraldProcess) async throws {
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
    }

    private static func kill(_ herald: HeraldProcess) async throws {
        herald.kill()
        #expect(try await herald.waitForExit() == .signal(SIGKILL))
    }

    @Test("After a stop in order it goes on with the next change: nothing lost, nothing again")
    func goesOn() async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        try stage.state.createDatabase("d")
        let configuration = try Self.configuration(stage, server, ["a", "b"])
        for round in 1...3 {
            let herald = try await Self.begin(stage, configuration)
            try stage.state.put("during \(round)", in: "d")
            for name in ["a", "b"] { try await stage.lines(name).waitForLines(2 * round - 1) }
            try await Self.stop(herald)
            try stage.state.put("between \(round)", in: "d")
        }
        let herald = try await stage.herald(configuration)
        for name in ["a", "b"] { try await stage.lines(name).waitForLines(6) }
        try await Self.stop(herald)
        for name in ["a", "b"] {
            #expect(stage.lines(name).lines == Array(repeating: Notice.updated("d"), count: 6))
        }
        await server.stop()
    }

    @Test("What was written right after the first look is told, although herald was killed before it saw it")
    func nowIsSaved() async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        for number in 0..<50 { try stage.state.createDatabase("d\(number)") }
        let configuration = try Self.configuration(stage, server, ["a"])
        let herald = try await Self.begin(stage, configuration)
        try await Self.kill(herald)
        for number in 0..<50 { try stage.state.put("x", in: "d\(number)") }
        let again = try await stage.herald(configuration)
        try await stage.lines("a").waitForLines(50)
        try await Self.stop(again)
        #expect(stage.lines("a").lines.sorted() == (0..<50).map { Notice.updated("d\($0)") }.sorted())
        await server.stop()
    }

    @Test("Databases that were created, deleted and created again meanwhile are told so, in the right order")
    func livesWhileDown() async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        for name in ["stays", "goes", "returns"] { try stage.state.createDatabase(name) }
        let configuration = try Self.configuration(stage, server, ["a"])
        let herald = try await Self.begin(stage, configuration)
        for name in ["stays", "goes", "returns"] { try stage.state.put("x", in: name) }
        try await stage.lines("a").waitForLines(3)
        try await Self.stop(herald)
        let before = stage.lines("a").lines.count

        try stage.state.createDatabase("comes")
        try stage.state.put("x", in: "comes")
        try stage.state.deleteDatabase("goes")
        try stage.state.deleteDatabase("returns")
        try stage.state.createDatabase("returns")
        try stage.state.put("y", in: "returns")
        let again = try await stage.herald(configuration)
        try await stage.lines("a").waitForLines(before + 6)
        try stage.state.put("z", in: "stays")
        try await stage.lines("a").waitForLines(before + 7)
        try await Self.stop(again)
        let told = stage.lines("a").lines.dropFirst(before)
        func of(_ name: String) -> [String] { told.filter { $0.contains(#""\#(name)""#) } }
        #expect(of("comes") == [Notice.created("comes"), Notice.updated("comes")])
        #expect(of("goes") == [Notice.deleted("goes")])
        #expect(of("returns") == [Notice.deleted("returns"), Notice.created("returns"), Notice.updated("returns")])
        #expect(of("stays") == [Notice.updated("stays")])
        await server.stop()
    }

    @Test("A database that was deleted meanwhile is told once, and is not told again at the start after that")
    func deletedOnce() async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        try stage.state.createDatabase("goes")
        let configuration = try Self.configuration(stage, server, ["a"], source: "since = 0")
        let herald = try await Self.begin(stage, configuration)
        try await stage.lines("a").waitForLines(1)
        try await Self.stop(herald)
        try stage.state.deleteDatabase("goes")
        for _ in 1...2 {
            let again = try await stage.herald(configuration)
            try stage.state.createDatabase("sign")
            try await stage.lines("a").waitForLine(containing: Notice.created("sign"))
            try stage.state.deleteDatabase("sign")
            try await eventually("the sign is gone") {
                stage.lines("a").lines.last == Notice.deleted("sign")
            }
            try await Self.stop(again)
        }
        #expect(stage.lines("a").lines.filter { $0 == Notice.deleted("goes") }.count == 1)
        await server.stop()
    }

    @Test("What was told as created and deleted while herald was down is told as deleted, however soon it was killed")
    func deletedAfterKill() async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        try stage.state.createDatabase("stays")
        let configuration = try Self.configuration(stage, server, ["a"])
        for round in 1...3 {
            let herald = try await Self.begin(stage, configuration, feeds: 1)
            let name = "goes\(round)"
            try stage.state.createDatabase(name)
            try await stage.lines("a").waitForLine(containing: Notice.created(name))
            try await Self.kill(herald)
            try stage.state.deleteDatabase(name)
            let again = try await stage.herald(configuration)
            try await stage.lines("a").waitForLine(containing: Notice.deleted(name))
            try await Self.stop(again)
        }
        await server.stop()
    }

    @Test("A new notifier begins at its own since, or else at the source's; the others go on")
    func newNotifier() async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        try stage.state.createDatabase("d")
        try stage.state.put("x", in: "d")
        var configuration = try Self.configuration(stage, server, ["old"])
        let herald = try await Self.begin(stage, configuration)
        try stage.state.put("y", in: "d")
        try await stage.lines("old").waitForLines(1)
        try await Self.stop(herald)
        try stage.state.put("z", in: "d")
        configuration = try Self.configuration(
            stage,
            server,
            ["old", "all", "fresh"],
            more: "[notifier:all]\nsince = 0"
        )
        let again = try await stage.herald(configuration)
        try await stage.lines("old").waitForLines(2)
        try await stage.lines("all").waitForLines(4)
        try stage.state.put("last", in: "d")
        try await stage.lines("old").waitForLines(3)
        try await stage.lines("all").waitForLines(5)
        try await stage.lines("fresh").waitForLines(1)
        try await Self.stop(again)
        let update = Notice.updated("d")
        #expect(stage.lines("old").lines == [update, update, update])
        #expect(stage.lines("all").lines == [Notice.created("d"), update, update, update, update])
        #expect(stage.lines("fresh").lines == [update])
        await server.stop()
    }

    @Test("A notifier that is taken out of the configuration and put back goes on where it was")
    func putBack() async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        try stage.state.createDatabase("d")
        for (round, names) in [["a", "b"], ["b"], ["a", "b"]].enumerated() {
            let herald = try await Self.begin(stage, try Self.configuration(stage, server, names))
            try stage.state.put("\(round)", in: "d")
            try await stage.lines("b").waitForLines(round + 1)
            if round != 1 { try await stage.lines("a").waitForLines(round + 1) }
            try await Self.stop(herald)
        }
        #expect(stage.lines("a").lines.count == 3)
        await server.stop()
    }

    @Test("A choice of databases that is made wider begins at since in those that were not chosen before")
    func widerChoice() async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        for name in ["chosen", "other"] {
            try stage.state.createDatabase(name)
            try stage.state.put("x", in: name)
        }
        let first = try Self.configuration(stage, server, ["a"], source: "databases = chosen*")
        let herald = try await Self.begin(stage, first, feeds: 1)
        try stage.state.put("y", in: "chosen")
        try await stage.lines("a").waitForLines(1)
        try await Self.stop(herald)
        try stage.state.createDatabase("chosen-too")
        let again = try await stage.herald(try Self.configuration(stage, server, ["a"]))
        try await stage.lines("a").waitForLines(2)
        try stage.state.put("z", in: "other")
        try await stage.lines("a").waitForLines(3)
        try await Self.stop(again)
        #expect(
            stage.lines("a").lines
                == [Notice.updated("chosen"), Notice.created("chosen-too"), Notice.updated("other")]
        )
        await server.stop()
    }

    @Test("The cursors of another server are not used: a fault with a hint; another url of the same one is fine")
    func otherServer() async throws {
        let stage = try Self.stage()
        let first = try await stage.server()
        try stage.state.createDatabase("d")
        let herald = try await Self.begin(stage, try Self.configuration(stage, first, ["a"]))
        try stage.state.put("x", in: "d")
        try await stage.lines("a").waitForLines(1)
        try await Self.stop(herald)

        let other = PocketCouch(PocketCouch.Configuration(), state: CouchState())
        try await other.start()
        let refused = try HeraldProcess(["run", "-c", try Self.configuration(stage, other, ["a"])])
        #expect(try await refused.waitForExit() == .status(78))
        let fault = try #require(refused.stderr.first { $0.contains("another server answers") })
        #expect(fault.contains("notifiers.ini:5: url:") && fault.contains("state_dir"))
        await other.stop()

        await first.stop()
        let second = try await stage.server()
        try stage.state.put("y", in: "d")
        let again = try await stage.herald(try Self.configuration(stage, second, ["a"]))
        try await stage.lines("a").waitForLines(2)
        try await Self.stop(again)
        await second.stop()
    }

    @Test("A second herald on the same folder is refused and told who has it; the first one goes on")
    func secondHerald() async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        try stage.state.createDatabase("d")
        let configuration = try Self.configuration(stage, server, ["a"])
        let herald = try await Self.begin(stage, configuration)
        let second = try HeraldProcess(["run", "-c", configuration])
        #expect(try await second.waitForExit() == .status(69))
        #expect(second.stderr.contains { $0.contains("is in use by process \(herald.pid)") })
        try stage.state.put("x", in: "d")
        try await stage.lines("a").waitForLines(1)
        try await Self.kill(herald)
        // A lock that outlived its holder would shut everybody out.
        let third = try await stage.herald(configuration)
        try await Self.stop(third)
        await server.stop()
    }
}
