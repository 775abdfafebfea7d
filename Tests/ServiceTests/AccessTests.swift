import PocketCouch
import TestSupport
import Testing

@Suite("Being let in")
struct AccessTests {
    private static let admin = PocketCouch.Credentials(name: "admin", password: "s3cret-pass")

    @Test(
        "Credentials from the url, the file or the environment open the server",
        arguments: ["url", "keys", "password_file", "environment"]
    )
    func credentials(from place: String) async throws {
        let stage = try Stage()
        let server = try await stage.server { $0.admin = Self.admin }
        let file = try stage.folder.write("password", "s3cret-pass\n", mode: 0o600)
        let (url, source, environment): (String, String, [String: String]) =
            switch place {
            case "url": ("http://admin:s3cret-pass@127.0.0.1:\(server.port)", "", [:])
            case "keys": ("http://x:y@127.0.0.1:\(server.port)", "username = admin\npassword = s3cret-pass", [:])
            case "password_file": (server.url, "username = admin\npassword_file = \(file)", [:])
            default:
                (
                    server.url, "username = x\npassword = y",
                    ["HERALD_SOURCE_USERNAME": "admin", "HERALD_SOURCE_PASSWORD": "s3cret-pass"]
                )
            }
        let herald = try await stage.herald(
            stage.configuration(url: url, source: source, notifiers: [("all", stage.append("all"))]),
            environment: environment
        )
        try stage.state.createDatabase("d")
        try await stage.lines("all").waitForLine(containing: Notice.created("d"))
        #expect(!herald.stderr.contains { $0.contains("s3cret-pass") })
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }

    @Test("Wrong credentials are told with a hint, not hammered, and no secret is shown")
    func wrongPassword() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let server = try await stage.server { $0.admin = Self.admin }
        let configuration = try stage.configuration(
            url: server.url,
            source: "username = admin\npassword = wr0ng-pass",
            notifiers: [("all", stage.append("all"))]
        )
        let herald = try HeraldProcess(["run", "-c", configuration])
        let line = try await herald.waitForLine(containing: "does not let us in")
        #expect(line.contains("Name or password is incorrect.") && line.contains("[source]"))
        let asked = stage.state.stats.requests.values.reduce(0, +)
        #expect(asked <= 2)
        #expect(!herald.stderr.contains { $0.contains("wr0ng-pass") })
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }

    @Test("Who is no server admin follows what is named, created later too, and is told once that no bell rings")
    func member() async throws {
        let stage = try Stage()
        for name in ["mine", "theirs"] { try stage.state.createDatabase(name) }
        let server = try await stage.server {
            $0.admin = Self.admin
            $0.users = [PocketCouch.User(name: "bob", password: "pw", databases: ["mine", "later"])]
        }
        let configuration = try stage.configuration(
            url: server.url,
            source: "username = bob\npassword = pw\ndatabases = mine, later, theirs",
            notifiers: [("all", stage.append("all"))]
        )
        let herald = try HeraldProcess(["run", "-c", configuration])
        try await herald.waitForLine(containing: "no list of its databases")
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        let refusal = try await herald.waitForLine(containing: "database theirs cannot be read")
        #expect(refusal.contains("403") && refusal.contains("access"))
        try stage.state.put("x", in: "mine")
        _ = try await stage.lines("all").waitForLines(1)
        try stage.state.createDatabase("later")
        try stage.state.put("y", in: "later")
        let lines = try await stage.lines("all").waitForLines(3)
        #expect(lines == [Notice.updated("mine"), Notice.created("later"), Notice.updated("later")])
        #expect(herald.stderr.count { $0.contains("no _db_updates") } == 1)
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }

    @Test("A glob needs a list: where there is none, that is an error with a hint")
    func globWithoutList() async throws {
        let stage = try Stage()
        let server = try await stage.server {
            $0.admin = Self.admin
            $0.users = [PocketCouch.User(name: "bob", password: "pw", databases: ["mine"])]
        }
        let configuration = try stage.configuration(
            url: server.url,
            source: "username = bob\npassword = pw",
            notifiers: [("all", stage.append("all"))]
        )
        let herald = try HeraldProcess(["run", "-c", configuration])
        let line = try await herald.waitForLine(containing: "no list of its databases")
        #expect(line.contains("error") && line.contains("name each database") && line.contains("admin"))
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }

    @Test("Without _db_updates Herald works all the same, and says so once")
    func noBell() async throws {
        let stage = try Stage()
        let server = try await stage.server { $0.bellEnabled = false }
        let herald = try await stage.herald(
            stage.configuration(url: server.url, notifiers: [("all", stage.append("all"))])
        )
        try stage.state.createDatabase("d")
        try stage.state.put("x", in: "d")
        _ = try await stage.lines("all").waitForLines(2)
        try stage.state.deleteDatabase("d")
        let lines = try await stage.lines("all").waitForLines(3)
        #expect(lines == [Notice.created("d"), Notice.updated("d"), Notice.deleted("d")])
        #expect(herald.stderr.count { $0.contains("no _db_updates") } == 1)
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }
}
