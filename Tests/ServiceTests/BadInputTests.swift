import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("Bad configurations")
struct BadInputTests {
    /// What `check` and `run` say of it, which must be the same, and refuse with 78.
    private func refusal(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> [String] {
        var said: [[String]] = []
        for subcommand in ["check", "run"] {
            let herald = try HeraldProcess([subcommand, "-c", path])
            #expect(try await herald.waitForExit() == .status(78), sourceLocation: sourceLocation)
            #expect(herald.stdout.isEmpty, sourceLocation: sourceLocation)
            said.append(herald.stderr)
        }
        #expect(said[0] == said[1], sourceLocation: sourceLocation)
        for line in said[0] {
            #expect(line.hasPrefix(path) && line.contains("; "), "\(line)", sourceLocation: sourceLocation)
        }
        return said[0]
    }

    @Test("A file that is missing or cannot be read is named, with the reason and what to do")
    func unreadable() async throws {
        let folder = try TemporaryFolder()
        let missing = try await refusal(folder.path("missing.ini"))
        #expect(missing.count == 1 && missing[0].contains(": cannot be read: No such file or directory; "))
        let file = try folder.write("file", "")
        #expect(try await refusal("\(file)/below.ini")[0].contains("Not a directory"))
        // Root may open this file as well, but nobody can read from its beginning.
        #expect(try await refusal("/proc/self/mem")[0].contains("cannot be read: "))
    }

    @Test("Binary garbage is refused in one line that is text")
    func garbage() async throws {
        let folder = try TemporaryFolder()
        var random = SeededGenerator(seed: 7)
        try writeFile(folder.path("random.ini"), (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) })
        for path in [folder.path("random.ini"), "/bin/sh"] {
            let said = try await refusal(path)
            #expect(said.contains { $0.contains("is no configuration file") })
            #expect(said.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } })
        }
    }

    @Test("A machine that lets too few files be open is told so, before anything is made", arguments: [12, 16, 22, 63])
    func fewFiles(limit: Int) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("notifiers.ini", "[herald]\nstate_dir = state\nlisten =\n")
        let command = "ulimit -n \(limit); exec \"$0\" run -c \"$1\""
        let herald = try HeraldProcess(executable: "/bin/sh", ["-c", command, try HeraldProcess.binary(), path])
        #expect(try await herald.waitForExit() == .status(71))
        let said = herald.stderr.filter { !$0.contains("Z info: ") }
        #expect(said.count == 1 && said[0].hasPrefix("only \(limit) files may be open, and herald needs 64"))
        #expect(access(folder.path("state"), F_OK) != 0)
    }

    @Test("With as few files as are needed a notifier gets its lines")
    func fewestFiles() async throws {
        let stage = try Stage()
        let server = try await stage.server()
        let path = try stage.configuration(url: server.url, notifiers: [("a", stage.append("a"))])
        let command = "ulimit -n 64; exec \"$0\" run -c \"$1\""
        let herald = try HeraldProcess(executable: "/bin/sh", ["-c", command, try HeraldProcess.binary(), path])
        try await herald.waitForLine(containing: "databases on the server")
        try stage.state.createDatabase("d")
        try await stage.lines("a").waitForLine(containing: "created")
        try await herald.end()
        await server.stop()
    }

    @Test("No notifier at all is a warning, and it runs")
    func noNotifier() async throws {
        let stage = try Stage()
        let play = try await stage.play([])
        let warning = try await play.herald.waitForLine(containing: "no notifier: ")
        #expect(warning.contains("Z warning: ") && warning.contains("; add a line NAME = COMMAND"))
        let check = try HeraldProcess(["check", "-c", stage.folder.path("notifiers.ini")])
        #expect(try await check.waitForExit() == .status(0))
        #expect(check.stderr.count == 1 && check.stderr.first?.contains("no notifier: ") == true)
        #expect(check.stdout.contains("no notifier"))
        try await play.end()
    }

    @Test("A password file that others may read is a warning, and it is used")
    func openPasswordFile() async throws {
        let stage = try Stage()
        let server = try await stage.server { $0.admin = .init(name: "admin", password: "not to be seen") }
        try stage.folder.write("password", "not to be seen\n", mode: 0o644)
        let configuration = try stage.configuration(
            url: server.url,
            source: "username = admin\npassword_file = password",
            notifiers: [("all", stage.append("all"))]
        )
        let play = Play(server: server, herald: try await stage.herald(configuration))
        let warning = try #require(play.herald.log("password_file").first)
        #expect(warning.contains("Z warning: ") && warning.contains("; chmod 600 it"))
        let check = try HeraldProcess(["check", "-c", configuration])
        #expect(try await check.waitForExit() == .status(0))
        #expect(check.stderr.count == 1 && check.stderr.first?.hasSuffix("; chmod 600 it") == true)
        #expect(!(check.stdout + check.stderr).contains { $0.contains("not to be seen") })
        try stage.state.createDatabase("d")
        try await stage.lines("all").waitForLines(1)
        try await play.end()
    }

    @Test(
        "A run that fails to log in shows no secret, at the finest level of the log",
        arguments: ["url", "key", "file", "token", "environment"]
    )
    func masked(way: String) async throws {
        let stage = try Stage()
        let server = try await stage.server { $0.admin = .init(name: "admin", password: "right") }
        try stage.folder.write("secret", "secret/word\n", mode: 0o600)
        let authority = way == "url" ? "admin:secret%2Fword@" : ""
        let source =
            switch way {
            case "key": "username = admin\npassword = secret/word"
            case "file": "username = admin\npassword_file = secret"
            case "token": "token_file = secret"
            default: ""
            }
        let configuration = try stage.folder.write(
            "notifiers.ini",
            """
            [herald]
            listen =
            log_level = trace
            [source]
            url = http://\(authority)127.0.0.1:\(server.port)
            \(source)
            [update_notification]
            quiet = sleep 300
            [notifier:quiet]
            stop_timeout = 10ms
            """
        )
        let environment =
            way == "environment"
            ? ["HERALD_SOURCE_USERNAME": "admin", "HERALD_SOURCE_PASSWORD": "secret/word"] : [:]
        let herald = try HeraldProcess(["run", "-c", configuration], environment: environment)
        // Who shows a token that the server does not look at is let in as nobody.
        let refusal = way == "token" ? "gives this user no list of its databases" : "does not let us in"
        try await herald.waitForLine(containing: refusal)
        let commandLine = String(decoding: try readFile("/proc/\(herald.pid)/cmdline"), as: UTF8.self)
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        // As it is, percent-encoded, and what `admin:secret/word` and `secret/word` begin with in base64.
        for secret in ["secret/word", "secret%2F", "YWRtaW46c2Vj", "c2VjcmV0L3dvcm"] {
            #expect(!(herald.stderr + herald.stdout + [commandLine]).contains { $0.contains(secret) })
        }
        await server.stop()
    }
}
