import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("How a notifier is started")
struct NotifierStartTests {
    @Test("The command line is a shell's: quotes are kept, variables and redirections work")
    func shell() async throws {
        let stage = try Stage()
        let arguments = try stage.script(
            "arguments",
            #"""
            for argument; do printf '<%s>\n' "$argument"; done
            echo complaint >&2
            echo end
            exec cat > /dev/null
            """#
        )
        let play = try await stage.play(
            [("quoted", #"\#(arguments) -with "cmd line arg" 'single  "two"' "$GREETING" $UNSET plain > out 2> err"#)],
            options: """
                [notifier:quoted]
                environment = GREETING="a, \\"b\\"  $c"
                """
        )
        let lines = try await stage.lines("out").waitForLine(containing: "end")
        #expect(
            lines == ["<-with>", "<cmd line arg>", #"<single  "two">"#, #"<a, "b"  $c>"#, "<plain>", "end"]
        )
        #expect(stage.lines("err").lines == ["complaint"])
        try await play.end()
    }

    @Test("It has a session of its own, the environment and folder that were said, and three descriptors")
    func surroundings() async throws {
        let stage = try Stage()
        try stage.folder.makeFolder("there")
        let play = try await stage.play(
            [("eyes", "cat"), ("plain", "cat")],
            options: """
                [notifier:eyes]
                environment = LANG=C.UTF-8, GREETING="a, b"
                working_directory = there
                """,
            environment: [
                "HERALD_SOURCE_USERNAME": "admin", "HERALD_SOURCE_PASSWORD": "not for children",
                "OF_THE_SERVICE": "kept", "PATH": "/usr/bin:/bin",
            ]
        ) { $0.admin = .init(name: "admin", password: "not for children") }

        // More descriptors are open in herald by now: connections, the loop, pipes.
        try stage.state.createDatabase("d")
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        let eyes = try await play.process(of: "eyes", running: "cat")
        let plain = try await play.process(of: "plain", running: "cat")
        for process in [eyes, plain] {
            #expect(process.session == process.pid)
            #expect(process.group == process.pid)
            try await process.waitForThreeDescriptors()
        }
        #expect(eyes.workingDirectory == stage.folder.path("there"))
        #expect(plain.workingDirectory == stage.folder.path)

        let environment = eyes.environment
        #expect(environment["HERALD_NOTIFIER"] == "eyes")
        #expect(environment["LANG"] == "C.UTF-8")
        #expect(environment["GREETING"] == "a, b")
        #expect(environment["OF_THE_SERVICE"] == "kept")
        #expect(plain.environment["HERALD_NOTIFIER"] == "plain")
        #expect(plain.environment["GREETING"] == nil)
        #expect(!environment.contains { $0.key.hasPrefix("HERALD_SOURCE_") || $0.value.contains("not for children") })
        let herald = try #require(realpath(try HeraldProcess.binary(), nil))
        defer { free(herald) }
        let folder = String(cString: herald).split(separator: "/").dropLast().joined(separator: "/")
        #expect(environment["PATH"] == "/\(folder):/usr/bin:/bin")
        try await play.end()
    }

    @Test("A restarted notifier is given no descriptor of its predecessor or of its neighbours")
    func descriptorsOfTheNext() async throws {
        let stage = try Stage()
        let play = try await stage.play([("first", "cat"), ("second", "cat"), ("third", "cat")])
        for life in 1...3 {
            let pid = try await play.process(of: "second", life: life)
            try await eventually("it is cat") { RunningProcess(pid)?.program == "cat" }
            try await #require(RunningProcess(pid)).waitForThreeDescriptors()
            kill(pid, SIGKILL)
        }
        try await play.end()
    }

    @Test("Two notifiers with the same command are two processes, and each gets all, in order")
    func sameCommand() async throws {
        let stage = try Stage()
        let command = #"cat >> "$HERALD_NOTIFIER.lines""#
        let play = try await stage.play([("one", command), ("two", command)])
        try stage.state.createDatabase("d")
        for name in ["one", "two"] { try await stage.lines("\(name).lines").waitForLines(1) }
        for number in 0..<20 { try stage.state.put("_design/\(number)", in: "d") }
        let expected =
            [Notice.created("d")]
            + (0..<20).flatMap { [Notice.updated("d"), Notice.designUpdated("d", "_design/\($0)")] }
        for name in ["one", "two"] {
            #expect(try await stage.lines("\(name).lines").waitForLines(41) == expected)
        }
        #expect(try await play.process(of: "one") != play.process(of: "two"))
        try await play.end()
    }
}
