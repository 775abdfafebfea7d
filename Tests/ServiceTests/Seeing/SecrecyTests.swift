import PocketCouch
import Status
import TestSupport
import Testing

@Suite("Secrets in the status")
struct SecrecyTests {
    private static let password = "s3cret-pass"
    private static let other = "0ther-secret"

    /// All that can be seen of it from without.
    private static func everything(_ interface: Interface, _ stage: Stage, _ herald: HeraldProcess) async throws
        -> String
    {
        var texts: [String] = []
        for way in Interface.Way.allCases {
            for path in ["/_up", "/_status", "/_metrics"] {
                texts.append(try await interface.ask("GET", path, by: way).body)
            }
        }
        for arguments in [["status"], ["status", "--json"], ["status", "a"], ["status", "daemon"]] {
            let command = try HeraldProcess(arguments + ["--state-dir", stage.stateFolder])
            _ = try await command.waitForExit()
            texts += command.stdout + command.stderr
        }
        return (texts + herald.stderr).joined(separator: "\n")
    }

    @Test(
        "Credentials of the server, secrets of sections and the token stand in no answer and no log line, also with faults",
        arguments: ["url", "keys", "file"]
    )
    func hidden(place: String) async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let server = try await stage.server { $0.admin = .init(name: "admin", password: Self.password) }
        let file = try stage.folder.write("password", "\(Self.password)\n", mode: 0o600)
        let (url, source) =
            switch place {
            case "url": ("http://admin:\(Self.password)@127.0.0.1:\(server.port)", "")
            case "keys": (server.url, "username = admin\npassword = \(Self.password)")
            default: (server.url, "username = admin\npassword_file = \(file)")
            }
        // A daemon that asks for secrets, registers for one and is restarted for it.
        let asking = try stage.script(
            "daemon",
            #"""
            echo '["register","mailer","password"]'; echo '["get","mailer"]'; echo '["get","source"]'
            read -r mailer; read -r source; echo "$mailer $source" >> answers; exec cat
            """#
        )
        func configuration(_ secret: String, more: String = "") throws -> String {
            try stage.configuration(
                url: url,
                source: source,
                notifiers: [("a", stage.append("a"))],
                more: """
                    [herald]
                    listen = 127.0.0.1:0
                    log_level = trace
                    [os_daemons]
                    daemon = \(asking)
                    [mailer]
                    password = \(secret)
                    \(more)
                    """
            )
        }
        let herald = try await stage.herald(configuration(Self.other))
        let interface = try await Interface(herald, in: stage)
        let report = try await interface.waitForStatus("a registration") {
            $0.daemons["daemon"]?.registrations == ["mailer/password"] && $0.databases["d"]?.feed == .open
        }
        #expect(report.server.state == .reachable)
        #expect(report.server.url.hasSuffix("127.0.0.1:\(server.port)") && !report.server.url.contains("admin"))
        try await stage.lines("answers").waitForLines(1)
        _ = try configuration("\(Self.other)-2")
        try await stage.lines("answers").waitForLines(2)

        // Faults name what is wrong; the value may be a secret.
        _ = try configuration(
            "x",
            more: """
                [source]
                url = http://admin:\(Self.password)@127.0.0.1:99999/
                passwort = \(Self.password)
                password =  "\(Self.password)
                [herald]
                token_file = missing
                [admins]
                \(Self.password)
                """
        )
        let refused = try await interface.ask("POST", "/_reload", [try interface.authorization])
        #expect(refused.status == 422)
        let seen = try await Self.everything(interface, stage, herald) + refused.body
        #expect(seen.contains("faults"))
        for secret in [Self.password, Self.other, try interface.token] {
            let lines = seen.split(separator: "\n").filter { $0.contains(secret) }
            #expect(lines.isEmpty, "\(secret)")
        }
        let answers = stage.lines("answers").lines.joined()
        #expect(!answers.contains(Self.password) && !answers.contains(Self.other))
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }
}
