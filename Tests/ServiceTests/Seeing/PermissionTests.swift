import PocketCouch
import Status
import TestSupport
import Testing

@Suite("Reaching the port is not being allowed")
struct PermissionTests {
    private static let acts = ["/_reload", "/_start/a", "/_stop/a", "/_restart/a", "/_rewind"]
    private static let rewind = #"{"name":"a","to":"0"}"#

    @Test("Whatever acts is refused over TCP without the token, and done with it; nothing of the token is ever logged")
    func token() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        try stage.state.put("x", in: "d")
        let play = try await stage.play(
            [("a", stage.append("a"))],
            options: "[herald]\nlisten = 127.0.0.1:0\nlog_level = trace"
        )
        let interface = try await Interface(play.herald, in: stage)
        try await interface.waitForStatus("an open feed") { $0.databases["d"]?.feed == .open }
        let token = try interface.token
        #expect(token.utf8.count == 64)
        let wrong: [[(name: String, value: String)]] = [
            [], [("Authorization", "Bearer ")], [("Authorization", "Bearer \(token.dropLast())")],
            [("Authorization", "Bearer \(token)0")], [("Authorization", "Basic \(token)")],
            [("Authorization", token)], [("Cookie", "token=\(token)")],
            [("Authorization", "Bearer x"), ("Authorization", "Bearer \(token)")],
        ]
        for path in Self.acts {
            for fields in wrong {
                let answer = try await interface.ask("POST", path, fields, body: Self.rewind)
                #expect(answer.status == 401, "\(path) \(fields)")
                #expect(answer.fields["www-authenticate"] == #"Bearer realm="herald""#)
            }
            #expect(try await interface.ask("POST", "\(path)?token=\(token)", body: Self.rewind).status == 401)
        }
        let untouched = try await interface.status()
        #expect(untouched.notifiers["a"]?.process.starts == 1 && stage.lines("a").lines.isEmpty)

        let right = [try interface.authorization]
        for (path, log) in zip(
            Self.acts,
            [
                "nothing has changed", "asked to start", "asked to stop", "asked to restart",
                "rewound to 0 in 1 database",
            ]
        ) {
            let answer = try await interface.ask("POST", path, right, body: Self.rewind)
            #expect(answer.status == 200, "\(path): \(answer.body)")
            try await play.herald.waitForLine(containing: log)
        }
        #expect(try await stage.lines("a").waitForLines(1) == [Notice.updated("d")])
        for method in ["PUT", "DELETE", "PATCH", "GET"] {
            #expect(try await interface.ask(method, "/_reload", right).status == 405, "\(method)")
        }
        try await play.end()
        let log = play.herald.stderr.joined(separator: "\n")
        #expect(log.contains("asked to reload") && !log.contains(token) && !log.contains(token.prefix(16)))
    }

    @Test("Token and socket are their owner's alone; made at the first start, the token is kept at the next")
    func files() async throws {
        let stage = try Stage()
        let server = try await stage.server()
        let configuration = try stage.configuration(
            url: server.url,
            notifiers: [("a", stage.append("a"))],
            more: Stage.listening
        )
        var tokens: [String] = []
        for _ in 0..<2 {
            // A careless mask must not matter.
            let herald = try HeraldProcess(
                executable: "/bin/sh",
                ["-c", "umask 0; exec \"$0\" run -c \"$1\"", try HeraldProcess.binary(), configuration]
            )
            let interface = try await Interface(herald, in: stage)
            #expect(try modeOfFile("\(interface.folder)/token") == 0o600)
            #expect(try modeOfFile(interface.socket) == 0o600)
            #expect(try modeOfFile(interface.folder) & 0o077 == 0)
            tokens.append(try interface.token)
            herald.terminate()
            #expect(try await herald.waitForExit() == .status(0))
            #expect(throws: TestFailure.self) { try modeOfFile(interface.socket) }
        }
        #expect(tokens[0] == tokens[1])
        await server.stop()
    }

    @Test("A foreign Host or Origin is refused, with the token too; this machine's own names are not")
    func foreign() async throws {
        let stage = try Stage()
        let play = try await stage.play([("a", stage.append("a"))], options: Stage.listening)
        let interface = try await Interface(play.herald, in: stage)
        let right = try interface.authorization
        let foreign = [
            ("Host", "evil.example"), ("Host", "evil.example:\(interface.port)"), ("Host", "127.0.0.1.evil.example"),
            ("Origin", "http://evil.example"), ("Origin", "null"), ("Origin", "http://localhost:1"),
        ]
        for field in foreign {
            #expect(try await interface.ask("GET", "/_status", [field]).status == 403, "\(field)")
            #expect(try await interface.ask("POST", "/_restart/a", [field, right]).status == 403, "\(field)")
        }
        for host in ["localhost", "127.0.0.1:\(interface.port)", "[::1]:\(interface.port)", "LOCALHOST:1"] {
            #expect(try await interface.ask("GET", "/_status", [("Host", host)]).status == 200, "\(host)")
        }
        #expect(try await interface.status().notifiers["a"]?.process.starts == 1)
        try await play.end()
    }

    @Test("No command can be set: nothing but the few routes is there, and what else is sent along is of no effect")
    func commands() async throws {
        let stage = try Stage()
        let play = try await stage.play([("a", stage.append("a"))], options: Stage.listening)
        let interface = try await Interface(play.herald, in: stage)
        let right = try interface.authorization
        let evil = #"{"command":"touch \#(stage.folder.path("evil"))","name":"a","to":"now","a":"touch evil"}"#
        let paths = [
            "/_config", "/_config/os_daemons/evil", "/_node/_local/_config/update_notification/evil", "/_command/a",
            "/_set/a", "/_start", "/_start/", "/_start/a/touch", "/_notifiers/a", "/_daemons/a", "/a", "/",
            "/_reload/a", "/_status/a", "//_reload", "/_run/a", "/_exec", "/_start/..%2f..%2fbin%2fsh",
        ]
        for path in paths {
            for method in ["POST", "PUT", "GET", "DELETE"] {
                let answer = try await interface.ask(method, path, [right], body: evil)
                #expect([404, 405].contains(answer.status), "\(method) \(path): \(answer.status)")
            }
        }
        for path in ["/_reload", "/_restart/a?command=touch%20evil", "/_stop/a", "/_start/a", "/_rewind"] {
            let answer = try await interface.ask("POST", path, [right], body: evil)
            #expect([200, 404].contains(answer.status), "\(path): \(answer.body)")
        }
        try await interface.waitForStatus("it runs again") { $0.notifiers["a"]?.process.state == .running }
        try stage.state.createDatabase("d")
        try await stage.lines("a").waitForLines(1)
        #expect(try namesInFolder(stage.folder.path).filter { $0.contains("evil") }.isEmpty)
        #expect(try await interface.status().notifiers.keys.sorted() == ["a"])
        try await play.end()
    }

    @Test("token_file takes the place of the token; named and missing, it is a fault with its line, exit 78")
    func tokenFile() async throws {
        let stage = try Stage()
        let server = try await stage.server()
        let configuration = try stage.configuration(
            url: server.url,
            notifiers: [("a", "touch \(stage.folder.path("started"))")],
            more: Stage.listening + "token_file = my-token"
        )
        let refused = try HeraldProcess(["run", "-c", configuration])
        #expect(try await refused.waitForExit() == .status(78))
        let line = LineFile(configuration).lines.firstIndex(of: "token_file = my-token").map { $0 + 1 }
        let place = "\(configuration):\(try #require(line)): token_file: "
        #expect(refused.stderr.count == 1 && refused.stderr[0].hasPrefix(place), "\(refused.stderr)")
        #expect(refused.stderr[0].contains(stage.folder.path("my-token")))
        #expect(try !namesInFolder(stage.folder.path).contains("started"))

        try stage.folder.write("my-token", "mine-alone\n", mode: 0o600)
        let herald = try await stage.herald(configuration)
        let interface = try await Interface(herald, in: stage)
        let mine = ("Authorization", "Bearer mine-alone")
        #expect(try await interface.ask("POST", "/_reload", [mine]).status == 200)
        #expect(try await interface.ask("POST", "/_reload", [("Authorization", "Bearer mine")]).status == 401)
        #expect(try !namesInFolder(stage.stateFolder).contains("token"))
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }
}
