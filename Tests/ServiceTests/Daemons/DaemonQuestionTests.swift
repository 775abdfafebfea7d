import TestSupport
import Testing

@Suite("What daemons are answered")
struct DaemonQuestionTests {
    /// Each question with its answer, byte for byte; nil where there is none.
    private static let table: [(question: String, answer: String?)] = [
        (#"["get","httpd"]"#, #"{"port":"5984","bind_address":"::1","path":"/x \"y\" \\ z","ö":"é"}"#),
        (#"["get","none"]"#, "{}"),
        (#"["get",7]"#, "{}"),
        (#"["get",["httpd"]]"#, "{}"),
        (#"["get",null]"#, "{}"),
        (#"["get","httpd","port"]"#, #""5984""#),
        (#"["get","httpd","path"]"#, #""/x \"y\" \\ z""#),
        (#"["get","httpd","\u00f6"]"#, #""é""#),
        (#"  [ "get" , "httpd" , "port" ]  "#, #""5984""#),
        (#"["get","httpd","none"]"#, "null"),
        (#"["get","none","port"]"#, "null"),
        (#"["get","httpd",7]"#, "null"),
        (#"["get",7,"port"]"#, "null"),
        (#"["register","nothing"]"#, nil),
        (#"["register","nothing","key"]"#, nil),
        (#"["register",7]"#, nil),
        (#"["register","nothing",null]"#, nil),
        (#"["log","a message"]"#, nil),
        (#"["log","a message",{"level":"debug"}]"#, nil),
        (#"["log","a message",{"level":"warn"}]"#, nil),
        (#"["log",{"a":[1,2]}]"#, nil),
        (#"["set","httpd","port","1"]"#, nil),
        (#"{"get":"httpd"}"#, nil),
        ("7", nil),
        ("hello", nil),
        (#"["get","httpd""#, nil),
        ("", nil),
        ("\u{FEFF}", nil),
        (#"["get","os_daemons","other"]"#, #""cat""#),
        (#"["get","daemon:other"]"#, #"{"stop_timeout":"1s"}"#),
        (#"["get","end","mark"]"#, #""the end""#),
    ]

    private static let configuration = #"""
        other = cat
        [daemon:other]
        stop_timeout = 1s
        [httpd]
        port = 5983
        bind_address = ::1
        gone = 1
        path = /x "y" \ z
        ö = é
        gone =
        port = 5984 ; the last one counts
        [end]
        mark = the end
        """#

    @Test("Every row of CouchDB's table, byte for byte and in the order of the questions")
    func table() async throws {
        let stage = try DaemonStage()
        let command = try stage.asking("asker", Self.table.map(\.question))
        let herald = try stage.herald("[os_daemons]\nasker = \(command)\n" + Self.configuration)
        let expected = Self.table.compactMap(\.answer)
        #expect(try await stage.answers("asker", count: expected.count) == expected)
        try await herald.end()
        #expect(try stage.folder.read("answers.asker") == expected.map { $0 + "\n" }.joined())
        #expect(herald.lives(of: "asker") == 1)
    }

    @Test("The configuration as merged from all files, keys in the order of their first appearance")
    func merged() async throws {
        let stage = try DaemonStage()
        let command = try stage.asking("asker", [#"["get","s"]"#, #"["get","os_daemons"]"#])
        try stage.write("[os_daemons]\nasker = \(command)\nnone = true\n[s]\nz = 1\na = 2\nb = 3")
        let local = try stage.folder.makeFolder("local.d")
        try stage.folder.write("local.d/2.ini", "[s]\nz = 4\n")
        try stage.folder.write("local.d/1.ini", "[s]\nnew = 0\nz = 3\na =\n[os_daemons]\nnone =\n")
        let herald = try HeraldProcess(["run", "-c", stage.path, "-c", local])
        let expected = [#"{"z":"4","b":"3","new":"0"}"#, #"{"asker":"\#(command)"}"#]
        #expect(try await stage.answers("asker", count: 2) == expected)
        try await herald.end()
    }

    @Test("A line of 1 MB is read, one that is longer is an error in the log and the next one is answered")
    func longLines() async throws {
        let stage = try DaemonStage()
        let blanks = String(repeating: " ", count: 1_000_000)
        let name = String(repeating: "x", count: 1_000_000)
        let command = try stage.asking(
            "asker",
            [
                #"["get",\#(blanks)"s","k"]"#, #"["get","\#(name)"]"#, #"["log","\#(name)"]"#,
                #"["get","s",\#(blanks)\#(blanks)"k"]"#, #"["get","s","end"]"#,
            ]
        )
        let herald = try stage.herald("[os_daemons]\nasker = \(command)\n[s]\nk = v\nend = e")
        #expect(try await stage.answers("asker", count: 3) == [#""v""#, "{}", #""e""#])
        try await herald.end()
        let complaints = herald.log("daemon asker has written")
        #expect(complaints.count == 1)
        #expect(complaints.first?.contains("error: daemon asker has written a line to stdout that is longer") ?? false)
        #expect(herald.log("[cut: the line is longer than 16384 bytes] daemon=asker").count == 1)
        #expect(herald.lives(of: "asker") == 1)
    }

    @Test("10,000 questions at once are all answered, in their order")
    func manyAtOnce() async throws {
        let stage = try DaemonStage()
        let numbers = (0..<10_000).map { $0 * 7 % 100 }
        let command = try stage.asking("asker", numbers.map { #"["get","s","key\#($0)"]"# })
        let keys = (0..<100).map { "key\($0) = value\($0)" }.joined(separator: "\n")
        let herald = try stage.herald("[os_daemons]\nasker = \(command)\n[s]\n\(keys)")
        let answers = try await stage.answers("asker", count: numbers.count)
        let isRight = answers == numbers.map { "\"value\($0)\"" }
        #expect(isRight)
        try await herald.end()
        #expect(herald.lives(of: "asker") == 1)
    }

    @Test("What was asked by one life is not answered to the next")
    func lives() async throws {
        let stage = try DaemonStage()
        let command = try stage.script(
            "asker",
            #"""
            if ! [ -e second ]; then
                touch second
                for i in 1 2 3 4 5 6 7 8 9; do echo '["get","s","first"]'; done
                exit 1
            fi
            echo '["get","s","second"]'
            exec cat >> answers.asker
            """#
        )
        let herald = try stage.herald("[os_daemons]\nasker = \(command)\n[s]\nfirst = 1\nsecond = 2")
        #expect(try await stage.answers("asker", count: 1) == [#""2""#])
        try await herald.end()
        #expect(stage.lines("answers.asker").lines == [#""2""#])
    }

    @Test("A program in Python that asks and waits for each answer")
    func python() async throws {
        let stage = try DaemonStage()
        try stage.folder.write(
            "asker.py",
            """
            import json, sys

            def ask(*request):
                sys.stdout.write(json.dumps(request) + "\\n")
                sys.stdout.flush()
                return json.loads(sys.stdin.readline())

            with open("heard", "w") as heard:
                for _ in range(200):
                    assert ask("get", "s", "k") == "v"
                heard.write(json.dumps(ask("get", "s")) + "\\n")
                heard.flush()
                assert sys.stdin.read() == ""
                heard.write("end\\n")

            """
        )
        let herald = try stage.herald("[os_daemons]\nasker = python3 asker.py\n[s]\nk = v\nl = \"w\"")
        #expect(try await stage.lines("heard").waitForLines(1) == [#"{"k": "v", "l": "\"w\""}"#])
        try await herald.end()
        #expect(stage.lines("heard").lines.last == "end")
        #expect(herald.lives(of: "asker") == 1)
    }
}
