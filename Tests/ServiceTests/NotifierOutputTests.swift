import PocketCouch
import TestSupport
import Testing

@Suite("What a notifier says")
struct NotifierOutputTests {
    @Test(
        "stdout is logged at info and stderr at warning, with its name; control characters are escaped, long lines cut"
    )
    func logged() async throws {
        let stage = try Stage()
        let script = try stage.script(
            "talk",
            #"""
            echo 'a plain line'
            echo 'a complaint' >&2
            printf 'red \033[31m and back\rforged\007\n'
            head -c 20000 /dev/zero | tr '\0' x; echo; echo 'after it'
            exec cat > /dev/null
            """#
        )
        let play = try await stage.play([("talker", script)])
        let herald = play.herald
        let plain = try await herald.waitForLine(containing: "notifier talker: a plain line")
        #expect(plain.contains("Z info: notifier talker: a plain line"))
        let complaint = try await herald.waitForLine(containing: "a complaint")
        #expect(complaint.contains("Z warning: notifier talker: a complaint"))
        let red = try await herald.waitForLine(containing: "notifier talker: red")
        #expect(red.hasSuffix(#"red \u001B[31m and back\u000Dforged\u0007"#))
        try await herald.waitForLine(containing: "notifier talker: after it")
        let long = try #require(herald.log("notifier talker: xxx").first)
        #expect(long.count { $0 == "x" } == 16_384)
        #expect(long.contains("[cut: "))
        #expect(herald.log("notifier talker: x").count == 1)
        try await play.end()
    }

    @Test("With log_format = json each of its lines is one JSON object of the log, whatever it says")
    func json() async throws {
        let stage = try Stage()
        let script = try stage.script(
            "talk",
            #"printf 'say "that" \\ \ttab \033 \303\251\377\n'; exec cat > /dev/null"#
        )
        let play = try await stage.play([("talker", script)], options: "[herald]\nlog_format = json")
        let line = try await play.herald.waitForLine(containing: "notifier talker: say")
        let end = #""message":"notifier talker: say \"that\" \\ \ttab \\u001B \#u{E9}\#u{FFFD}"}"#
        #expect(line.hasSuffix(#""level":"info",\#(end)"#), "\(line)")
        #expect(play.herald.stderr.allSatisfy { $0.hasPrefix(#"{"time":""#) && $0.hasSuffix(#""}"#) })
        try await play.end()
    }

    @Test("A flood is rate-limited, the number of dropped lines told, and the notifier neither stopped nor blocked")
    func flood() async throws {
        let stage = try Stage()
        let script = try stage.script("flood", "seq 1 100000; exec cat >> out")
        let play = try await stage.play([("flood", script)])
        try stage.state.createDatabase("d")
        try await stage.lines("out").waitForLine(containing: Notice.created("d"))
        try await eventually(
            "every line is logged or told of as dropped",
            every: .milliseconds(50)
        ) {
            let said = play.herald.log("notifier flood: ")
            let dropped = said.filter { $0.contains("not logged") }
            let count = dropped.compactMap { line in
                line.split(separator: " ").dropFirst(4).first.flatMap { Int($0) }
            }.reduce(0, +)
            return said.count - dropped.count + count == 100_000
        }
        // 200 at once, then 20 a second.
        #expect(play.herald.log("notifier flood: ").count < 5000)
        #expect(play.herald.log("notifier flood started").count == 1)
        try await play.end()
    }

    @Test("100 MB without a line end neither stop the notifier nor fill the memory")
    func endlessLine() async throws {
        let stage = try Stage()
        let script = try stage.script(
            "endless",
            #"""
            while ! [ -e begin ]; do sleep 0.01; done
            head -c 104857600 /dev/zero | tr '\0' x; echo; echo 'after it'
            exec cat >> out
            """#
        )
        let play = try await stage.play([("endless", script)])
        let before = try #require(RunningProcess(play.herald.pid)?.peakMemory)
        try stage.folder.write("begin", "")
        try await play.herald.waitForLine(containing: "notifier endless: after it")
        try stage.state.createDatabase("d")
        try await stage.lines("out").waitForLine(containing: Notice.created("d"))
        #expect(play.herald.log("notifier endless: xxx").count == 1)
        #expect(play.herald.log("notifier endless started").count == 1)
        let after = try #require(RunningProcess(play.herald.pid)?.peakMemory)
        #expect(after - before < 30_000, "kB")
        try await play.end()
    }
}
