import Testing

@testable import Processes

@Suite("What a daemon's lines mean")
struct DaemonRequestTests {
    private func request(_ line: String) -> DaemonRequest { DaemonRequest(Array(line.utf8)) }

    @Test(
        "Each row of CouchDB's table",
        arguments: [
            (#"["get","s"]"#, DaemonRequest.section("s")),
            (#" [ "get" , "s" ] "#, .section("s")),
            (#"["get",7]"#, .section(nil)),
            (#"["get","s","k"]"#, .value(section: "s", key: "k")),
            (#"["get","s",null]"#, .value(section: "s", key: nil)),
            (#"["get",{},"k"]"#, .value(section: nil, key: "k")),
            (#"["register","s"]"#, .register(DaemonRegistration(section: "s"))),
            (#"["register","s","k"]"#, .register(DaemonRegistration(section: "s", key: "k"))),
            (#"["log","a\u00e9\n"]"#, .log(message: "aé\n", level: .info, badLevel: nil)),
            (#"["log","a",{}]"#, .log(message: "a", level: .info, badLevel: nil)),
            (#"["log","a",{"level":"debug"}]"#, .log(message: "a", level: .debug, badLevel: nil)),
            (#"["log","a",{"level":"info"}]"#, .log(message: "a", level: .info, badLevel: nil)),
            (#"["log","a",{"level":"error"}]"#, .log(message: "a", level: .error, badLevel: nil)),
            (#"["log","a",{"level":"warn"}]"#, .log(message: "a", level: .info, badLevel: "warn")),
            (#"["log","a",{"level":1}]"#, .log(message: "a", level: .info, badLevel: "what is no string")),
        ]
    )
    func rows(line: String, expected: DaemonRequest) {
        #expect(request(line) == expected)
    }

    @Test("Of a level that is not known there is the beginning, fit for the log and with no half character at its end")
    func longLevel() {
        let head = #"a\u0007"# + String(repeating: "x", count: 197)
        #expect(
            request(#"["log","m",{"level":"\#(head)éé"}]"#)
                == .log(message: "m", level: .info, badLevel: head + "...")
        )
    }

    @Test(
        "A message that is no string is logged as its JSON, as it was written",
        arguments: [
            #"{"b":1,"a":[2,"],"]}"#, "[1, 2.50, null]", "7", "null", "true", #"{"\"}":"\\"}"#, "1e400", "[]",
        ]
    )
    func otherMessages(json: String) {
        #expect(request(#"["log", \#(json) ]"#) == .log(message: json, level: .info, badLevel: nil))
        #expect(
            request(#"["log",\#(json),{"level":"error"}]"#) == .log(message: json, level: .error, badLevel: nil)
        )
    }

    @Test(
        "What is no request is said to be none, and why",
        arguments: [
            ("", "an empty line"), ("hello", "no JSON: hello"), (#"["get","s""#, "no JSON"), ("7", "not known: 7"),
            ("{}", "not known"), ("[]", "not known"), (#"["get"]"#, "not known"),
            (#"["get","s","k","x"]"#, "not known"),
            (#"["set","s","k"]"#, "not known"), (#"["log","m",7]"#, "not known"), (#"["log"]"#, "not known"),
            (#"["register",7]"#, "no string"), (#"["register","s",null]"#, "no string"),
            (#"["register"]"#, "not known"),
            ("a\u{1B}[2J", #"no JSON: a\u001B[2J"#),
            (#"["get","\q"]"#, "no JSON"), (#"["get","s\u12"]"#, "no JSON"),
            ("[\"get\",\"a\tb\"]", "no JSON"), (#"["get","s",]"#, "no JSON"), (#"["get","s"] x"#, "no JSON"),
            (#"["log",1-2]"#, "no JSON"), (#"["log",01]"#, "no JSON"), (#"["log",nul]"#, "no JSON"),
            (#"["log",+1]"#, "no JSON"), (#"["log",1.]"#, "no JSON"), (#"["log",{"a":1,}]"#, "no JSON"),
            (#"["log",{1:1}]"#, "no JSON"), (#"["log",[1}]"#, "no JSON"), ("['get','s']", "no JSON"),
            (#"["log",NaN]"#, "no JSON"), (#"["log",1 2]"#, "no JSON"), ("[\"get\",\"a\u{0}b\"]", "no JSON"),
        ]
    )
    func malformed(line: String, why: String) {
        guard case .malformed(let reason) = request(line) else {
            Issue.record("\(line) is taken for a request")
            return
        }
        #expect(reason.contains(why))
    }

    @Test("Bytes that are no UTF-8, and JSON that is nested beyond reason, are no JSON, and no trap")
    func hostile() {
        let quoted = Array(#"["get","\#u{E9}"]"#.utf8)
        let broken: [[UInt8]] = [
            [0xFF, 0xFE], Array(String(repeating: "[", count: 100_000).utf8), [0xEF, 0xBB, 0xBF] + quoted,
            quoted.filter { $0 != 0xA9 }, Array(quoted.map { [$0, 0] }.joined()), [0] + quoted,
        ]
        for line in broken {
            guard case .malformed = DaemonRequest(line) else {
                Issue.record("taken for a request")
                continue
            }
        }
    }

    @Test("However deep JSON is nested within reason, and whatever is said twice in it, it is read")
    func unusual() {
        let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(request(#"["log",\#(deep)]"#) == .log(message: deep, level: .info, badLevel: nil))
        let object = String(repeating: #"{"a":"#, count: 500) + "1" + String(repeating: "}", count: 500)
        #expect(request(#"["log",\#(object)]"#) == .log(message: object, level: .info, badLevel: nil))
        guard case .log("m", _, nil) = request(#"["log","m",{"level":"debug","level":"error"}]"#) else {
            Issue.record("a key that is there twice is no fault")
            return
        }
        #expect(request(#"["get","\ud800x\udc00\ud800\u0041"]"#) == .section("\u{FFFD}x\u{FFFD}\u{FFFD}A"))
        #expect(request(#"["get","\ud83d\ude00\/\u0000"]"#) == .section("\u{1F600}/\u{0}"))
    }
}
