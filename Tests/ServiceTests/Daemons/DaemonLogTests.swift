import TestSupport
import Testing

@Suite("What daemons log")
struct DaemonLogTests {
    private static let requests = [
        #"["log","plain"]"#,
        #"["log","empty options",{}]"#,
        #"["log","at debug",{"level":"debug"}]"#,
        #"["log","at info",{"level":"info"}]"#,
        #"["log","at error",{"level":"error"}]"#,
        #"["log","at warn",{"level":"warn"}]"#,
        #"["log",{"a": [1, "b"]}]"#,
        #"["log",[1,2.50],{"level":"error"}]"#,
        #"["log","tab\t \"quoted\" \\ \u00e9"]"#,
        #"["log","forged\n2026-01-01T00:00:00.000Z error: I am a line\r\u001b[2J\u2028\u0085\u202e"]"#,
        #"["get","s","k"]"#,
    ]

    private func run(_ format: String) async throws -> HeraldProcess {
        let stage = try DaemonStage(herald: "log_format = \(format)")
        let command = try stage.asking("talker", Self.requests)
        let herald = try stage.herald("[os_daemons]\ntalker = \(command)")
        _ = try await stage.answers("talker", count: 1)
        try await herald.end()
        return herald
    }

    @Test("A line of text each, at its level, with its name beside it; control characters forge no line")
    func text() async throws {
        let herald = try await run("text")
        let lines = herald.log("daemon=talker").map { $0.drop { $0 != " " }.dropFirst() }
        #expect(
            lines == [
                "info: plain daemon=talker",
                "info: empty options daemon=talker",
                "debug: at debug daemon=talker",
                "info: at info daemon=talker",
                "error: at error daemon=talker",
                "error: daemon talker has logged at a level that is not known: warn; levels are debug, info and error "
                    + "daemon=talker",
                "info: at warn daemon=talker",
                #"info: {"a": [1, "b"]} daemon=talker"#,
                "error: [1,2.50] daemon=talker",
                #"info: tab\t "quoted" \ é daemon=talker"#,
                #"info: forged\u000A2026-01-01T00:00:00.000Z error: I am a line\u000D\u001B[2J\u2028\u0085\u202E "#
                    + "daemon=talker",
            ]
        )
        #expect(!herald.stderr.contains { $0.hasPrefix("2026-01-01") })
    }

    @Test("An object of JSON each, with its name as a member")
    func json() async throws {
        let herald = try await run("json")
        let lines = herald.log(#""daemon":"talker"}"#).map { $0.drop { $0 != "," }.dropFirst() }
        #expect(lines.count == 11)
        #expect(lines.first == #""level":"info","message":"plain","daemon":"talker"}"#)
        #expect(lines.contains(#""level":"error","message":"[1,2.50]","daemon":"talker"}"#))
        #expect(lines.contains(#""level":"info","message":"{\"a\": [1, \"b\"]}","daemon":"talker"}"#))
        #expect(lines.contains(#""level":"info","message":"tab\t \"quoted\" \\ é","daemon":"talker"}"#))
        #expect(herald.stderr.allSatisfy { $0.hasPrefix(#"{"time":""#) && $0.hasSuffix(#""}"#) })
    }

    @Test("What is no request is an error with its text, and the daemon goes on")
    func faults() async throws {
        let stage = try DaemonStage()
        let command = try stage.asking(
            "talker",
            ["hello \u{1B}[2J", "", "7", #"["get"]"#, #"["register",7]"#, #"["get","\q"]"#, #"["get","s","k"]"#]
        )
        let herald = try stage.herald("[os_daemons]\ntalker = \(command)")
        #expect(try await stage.answers("talker", count: 1) == ["null"])
        try await herald.end()
        let head = "Z error: daemon talker "
        let errors = herald.log(head).compactMap { $0.split(separator: head).last }
        #expect(
            errors == [
                #"has written a line to stdout that is no JSON: hello \u001B[2J daemon=talker"#,
                #"has written an empty line to stdout, which is for requests such as ["get","section"] daemon=talker"#,
                "has written a request that is not known: 7 daemon=talker",
                #"has written a request that is not known: ["get"] daemon=talker"#,
                "has registered for something that is no string: names of sections and keys are strings daemon=talker",
                #"has written a line to stdout that is no JSON: ["get","\q"] daemon=talker"#,
            ]
        )
        #expect(herald.lives(of: "talker") == 1)
    }

    @Test("stderr goes to the log as that of notifiers does")
    func standardError() async throws {
        let stage = try DaemonStage()
        let command = try stage.script("talker", #"printf 'a \033 complaint\n' >&2; exec cat > /dev/null"#)
        let herald = try stage.herald("[os_daemons]\ntalker = \(command)")
        let line = try await herald.waitForLine(containing: "complaint")
        #expect(line.hasSuffix(#"Z warning: daemon talker: a \u001B complaint"#))
        try await herald.end()
    }

    @Test("A flood of messages is rate-limited, the dropped ones are counted, and questions are answered")
    func flood() async throws {
        let stage = try DaemonStage()
        let command = try stage.script(
            "talker",
            #"seq 1 100000 | sed 's/.*/["log","message &"]/'; echo '["get","s","k"]'; exec cat >> answers.talker"#
        )
        let herald = try stage.herald("[os_daemons]\ntalker = \(command)\n[s]\nk = v")
        #expect(try await stage.answers("talker", count: 1) == [#""v""#])
        try await eventually("every message is logged or told of as dropped") {
            let dropped = herald.log("its log messages not logged").compactMap { line in
                line.split(separator: " ").dropFirst(4).first.flatMap { Int($0) }
            }
            return herald.log("info: message ").count + dropped.reduce(0, +) == 100_000
        }
        #expect(herald.log("info: message ").count < 50_000)
        try await herald.end()
        #expect(herald.lives(of: "talker") == 1)
    }
}
