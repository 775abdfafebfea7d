import TestSupport
import Testing

@Suite("What daemons are not told")
struct DaemonSecretTests {
    @Test("Credentials of the source, admins, passwords and secrets are null, and credentials in urls are masked")
    func secrets() async throws {
        let stage = try DaemonStage()
        let rows = [
            (#"["get","source","username"]"#, "null"),
            (#"["get","source","password"]"#, "null"),
            (#"["get","source","heartbeat"]"#, #""1s""#),
            (
                #"["get","source"]"#,
                #"{"url":"http://***@127.0.0.1:1","heartbeat":"1s","username":null,"password":null}"#
            ),
            (#"["get","source","url"]"#, #""http://***@127.0.0.1:1""#),
            (#"["get","admins"]"#, #"{"anna":null}"#),
            (#"["get","admins","anna"]"#, "null"),
            (#"["get","couch_httpd_auth"]"#, #"{"secret":null,"timeout":"600"}"#),
            (#"["get","mine","db_password"]"#, "null"),
            (#"["get","mine"]"#, #"{"password":null,"db_password":null,"target":"put http://***@h/x https://i/y"}"#),
            (#"["get","os_daemons","other"]"#, #""sh -c cat postgres://***@h/db""#),
            (#"["get","daemon:other"]"#, #"{"environment":"A=b, PGPASSWORD=***, URL=http://***@h"}"#),
        ]
        let command = try stage.asking("asker", rows.map(\.0))
        let configuration = """
            url = http://me:SECRET@127.0.0.1:1
            heartbeat = 1s
            username = SECRET
            password = SECRET
            [os_daemons]
            asker = \(command)
            other = sh -c cat postgres://u:SECRET@h/db
            [daemon:other]
            environment = A=b, PGPASSWORD=SECRET, URL=http://u:SECRET@h
            [admins]
            anna = -pbkdf2-SECRET
            [couch_httpd_auth]
            secret = SECRET
            timeout = 600
            [mine]
            password = SECRET
            db_password = SECRET
            target = put http://u:SECRET@h/x https://i/y
            """
        let herald = try stage.herald(configuration)
        #expect(try await stage.answers("asker", count: rows.count) == rows.map(\.1))
        try await herald.end()
        #expect(!herald.stderr.contains { $0.contains("SECRET") })
    }

    @Test("One that registers for a secret is restarted when it changes, and still does not see it")
    func registered() async throws {
        let stage = try DaemonStage()
        let command = try stage.asking("asker", [#"["register","mine","password"]"#, #"["get","mine","password"]"#])
        let head = "[os_daemons]\nasker = \(command)\n[mine]\npassword = "
        let herald = try stage.herald(head + "SECRET1")
        #expect(try await stage.answers("asker", count: 1) == ["null"])
        try await stage.change(herald, head + "SECRET2")
        #expect(try await stage.answers("asker", count: 2) == ["null", "null"])
        try await herald.end()
        #expect(!herald.stderr.contains { $0.contains("SECRET") })
    }

    @Test("It runs in its folder with its variables, and without the credentials and the notify socket of the service")
    func environment() async throws {
        let stage = try DaemonStage()
        let folder = try stage.folder.makeFolder("home")
        try stage.folder.write("told.sh", "env > env.new; pwd -P > pwd; mv env.new env; exec cat > /dev/null\n")
        let herald = try stage.herald(
            """
            [os_daemons]
            a.b-1 = sh ../told.sh
            [daemon:a.b-1]
            working_directory = home
            environment = OWN="x, y", INHERITED=changed
            """,
            environment: [
                "HERALD_SOURCE_USERNAME": "SECRET1", "HERALD_SOURCE_PASSWORD": "SECRET2", "INHERITED": "a",
                "KEPT": "b", "NOTIFY_SOCKET": "@nowhere", "WATCHDOG_USEC": "600000000", "WATCHDOG_PID": "1",
            ]
        )
        let lines = try await stage.lines("home/env").waitForLine(containing: "HERALD_DAEMON=")
        for line in ["HERALD_DAEMON=a.b-1", "OWN=x, y", "INHERITED=changed", "KEPT=b"] { #expect(lines.contains(line)) }
        let withheld = ["HERALD_SOURCE", "HERALD_NOTIFIER", "NOTIFY_SOCKET", "WATCHDOG_", "SECRET"]
        for text in withheld { #expect(!lines.contains { $0.contains(text) }, "\(text)") }
        #expect(stage.lines("home/pwd").lines == [folder])
        let pid = try await herald.daemon("a.b-1")
        let process = try #require(RunningProcess(pid))
        #expect(process.group == pid && process.session == pid)
        try await process.waitForThreeDescriptors()
        try await herald.end()
    }
}
