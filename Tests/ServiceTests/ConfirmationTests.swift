import PocketCouch
import TestSupport
import Testing

@Suite("A notifier that confirms each line")
struct ConfirmationTests {
    /// A notifier that notes the ids that it is told of, and answers what `answers` says: lines of a shell `case`.
    private static func play(
        _ stage: Stage,
        _ answers: String,
        before: String = "",
        confirm: String = "yes",
        options: String = ""
    ) async throws -> Play {
        try stage.state.createDatabase("d")
        let script = try stage.script(
            "confirming",
            #"""
            \#(before)
            while IFS= read -r line; do
                id=${line#*'"id":"'}; id=${id%%'"'*}
                echo "$id" >> told
                case $id in
                \#(answers)
                *) echo ok ;;
                esac
            done
            """#
        )
        let play = try await stage.play(
            [("n", script)],
            options: "[notifier:n]\ndetail = change\nconfirm = \(confirm)\nstop_timeout = 100ms\n\(options)"
        )
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        return play
    }

    private static func write(_ ids: [String], _ stage: Stage) throws {
        _ = try stage.state.bulk(ids.map { ($0, "{}") }, in: "d")
    }

    /// Writes one more document and waits for it: all that came before has been told then.
    private static func told(_ stage: Stage) async throws -> [String] {
        try stage.state.put("last", in: "d")
        return try await stage.lines("told").waitForLine(containing: "last").dropLast()
    }

    private static func waitFor(_ id: String, _ count: Int, _ stage: Stage) async throws {
        try await eventually("\(id) is told \(count) times") {
            stage.lines("told").lines.count { $0 == id } == count
        }
    }

    /// The rows of `herald dead list`, beside the running service.
    private static func dead(_ stage: Stage, _ arguments: String...) async throws -> [String] {
        let herald = try HeraldProcess(["dead"] + arguments + ["-c", stage.folder.path("notifiers.ini")])
        #expect(try await herald.waitForExit() == .status(0))
        return Array(herald.stdout.dropFirst(arguments.first == "list" ? 1 : 0))
    }

    private static func waitForDead(_ stage: Stage, _ count: Int) async throws -> [String] {
        var rows: [String] = []
        try await eventually("\(count) dead letters", every: .milliseconds(20)) {
            rows = try await dead(stage, "list")
            return rows.count == count
        }
        return rows
    }

    @Test("A line of which it dies becomes a dead letter after its attempts; all others are delivered; retry brings it")
    func poison() async throws {
        let stage = try Stage()
        let play = try await Self.play(
            stage,
            "poison) [ -e cured ] && echo ok || kill -9 $$ ;;",
            options: "attempts = 3"
        )
        let ids = (0..<20).map { "id\($0)" }
        try Self.write(ids[..<10] + ["poison"] + ids[10...], stage)
        let told = try await Self.told(stage)
        #expect(told.filter { $0 == "poison" }.count == 3)
        #expect(told.filter { $0 != "poison" } == ids, "those before it were confirmed, those behind it never read")
        let row = try #require(try await Self.waitForDead(stage, 1).first)
        let words = row.split(separator: " ")
        #expect(words.prefix(3) == ["1", "n", "d"] && words[4] == "3")
        #expect(row.contains("it ended before it answered"))
        let shown = try await Self.dead(stage, "show", "1")
        #expect(shown.last?.contains(#""id":"poison","rev":"#) == true)

        // Not cured yet: it dies again, of all its attempts.
        let before = stage.lines("told").lines.count
        #expect(try await Self.dead(stage, "retry", "1") == ["1 dead letter to be delivered again"])
        try await stage.lines("told").waitForLines(before + 3)
        try await eventually("it is a dead letter again", every: .milliseconds(20)) {
            try await Self.dead(stage, "list").first.map { !$0.contains("to be retried") } ?? false
        }

        try stage.folder.write("cured", "")
        _ = try await Self.dead(stage, "retry", "--all")
        _ = try await Self.waitForDead(stage, 0)
        #expect(stage.lines("told").lines.dropFirst(before) == ["poison", "poison", "poison", "poison"])
        try await play.end()
    }

    @Test("One that speaks before it is asked is told that it is no answer, however quick it is, and tried again")
    func banner() async throws {
        let stage = try Stage()
        // So many, since each may be quicker or slower than the news of its start.
        let names = (0..<12).map { "n\($0)" }
        let options = names.map { "[notifier:\($0)]\nconfirm = yes\nstop_timeout = 100ms\n" }.joined()
        let play = try await stage.play(names.map { ($0, "echo hello; exec cat > /dev/null") }, options: options)
        for name in names {
            try await eventually("\(name) is tried again") { play.herald.log("notifier \(name) started").count >= 4 }
        }
        #expect(names.allSatisfy { !play.herald.log("notifier \($0): ").isEmpty })
        play.herald.terminate()
        #expect(try await play.herald.waitForExit() == .status(0))
        await play.server.stop()
    }

    @Test("drop makes a dead letter with its reason, at once; the rest goes on")
    func drop() async throws {
        let stage = try Stage()
        let play = try await Self.play(stage, "bad*) echo 'DROP no use at all' ;;")
        try Self.write(["a", "bad1", "b", "bad2", "c"], stage)
        #expect(try await Self.told(stage) == ["a", "bad1", "b", "bad2", "c"])
        let rows = try await Self.waitForDead(stage, 2)
        #expect(rows.allSatisfy { $0.split(separator: " ")[4] == "1" && $0.hasSuffix(" no use at all") })
        #expect(play.herald.log("notifier n started").count == 1)
        #expect(try await Self.dead(stage, "drop", "--all") == ["2 dead letters dropped"])
        play.herald.terminate()
        #expect(try await play.herald.waitForExit() == .status(0))
        // What was dropped is behind the cursor.
        let again = try await stage.herald(stage.folder.path("notifiers.ini"))
        try stage.state.put("next", in: "d")
        let told = try await stage.lines("told").waitForLine(containing: "next")
        #expect(told.filter { $0.hasPrefix("bad") } == ["bad1", "bad2"])
        again.terminate()
        #expect(try await again.waitForExit() == .status(0))
        await play.server.stop()
    }

    @Test("retry goes back: what was read behind the line is answered in vain, and comes again behind it")
    func retry() async throws {
        let stage = try Stage()
        let play = try await Self.play(
            stage,
            "id4) [ -e second ] && echo ok || { echo x >> second; echo 'Retry not yet'; } ;;"
        )
        let ids = (0..<10).map { "id\($0)" }
        try Self.write(ids, stage)
        try await Self.waitFor("id4", 2, stage)
        let told = try await Self.told(stage)
        let again = try #require(told.lastIndex(of: "id4"))
        #expect(told[again...] == ids[4...])
        #expect(Array(told[..<again]) == Array(ids.prefix(again)) && again > 4, "\(told)")
        #expect(play.herald.log("notifier n started").count == 1)
        try await play.end()
    }

    @Test("retry after retry makes a dead letter with the last reason, after as many attempts as it may have")
    func retriesEnd() async throws {
        let stage = try Stage()
        let play = try await Self.play(stage, "bad) echo 'retry full' ;;", options: "attempts = 3")
        try Self.write(["a", "bad", "b"], stage)
        try await Self.waitFor("bad", 3, stage)
        let told = try await Self.told(stage)
        #expect(told.filter { $0 == "bad" }.count == 3)
        #expect(told.first == "a" && told.last == "b" && told.filter { $0 == "a" }.count == 1, "\(told)")
        let row = try #require(try await Self.waitForDead(stage, 1).first)
        #expect(row.split(separator: " ")[4] == "3" && row.hasSuffix("retry: full"))
        try await play.end()
    }

    @Test("wait gives it more time, each time; without it the line comes again in a new process")
    func wait() async throws {
        let stage = try Stage()
        let play = try await Self.play(
            stage,
            """
            slow) for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.25; echo WAIT; done; echo ok ;;
            mute) [ -e second ] && echo ok || { echo x >> second; exec sleep 60; } ;;
            """,
            options: "confirm_timeout = 2s"
        )
        try Self.write(["a", "slow", "b"], stage)
        try await stage.lines("told").waitForLines(3)
        #expect(play.herald.log("notifier n started").count == 1)
        try Self.write(["mute", "c"], stage)
        #expect(try await Self.told(stage) == ["a", "slow", "b", "mute", "mute", "c"])
        _ = try await play.process(of: "n", life: 2)
        #expect(play.herald.log("notifier n: no answer within 2 s").count == 1)
        #expect(play.herald.log("notifier n started").count == 2)
        try await play.end()
    }

    @Test("No more lines are under way than the window")
    func window() async throws {
        let stage = try Stage()
        // It reads three lines at a time before it answers them; a fourth would make it wait in vain.
        let script = try stage.script(
            "three",
            """
            while read -r a && read -r b && read -r c; do
                echo "$a" >> told; echo "$b" >> told; echo "$c" >> told
                [ -e open ] || { : > asked; while ! [ -e open ]; do sleep 0.01; done; }
                echo ok; echo ok; echo ok
            done
            """
        )
        try stage.state.createDatabase("d")
        let play = try await stage.play([("n", script)], options: "[notifier:n]\nconfirm = yes\nwindow = 3")
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        try Self.write((0..<300).map { "id\($0)" }, stage)
        try await eventually("it has read three") {
            stage.lines("told").lines.count == 3 && (try? stage.folder.read("asked")) != nil
        }
        let process = try await play.process(of: "n")
        #expect(RunningProcess(process)?.unreadInput == 0, "three lines were read, and there is no fourth")
        try stage.folder.write("open", "")
        #expect(try await stage.lines("told").waitForLines(300).count == 300)
        try await play.end()
    }

    @Test("A program for rsyslog's omprog fits: OK when it is ready, OK for each line, else the line comes again")
    func omprog() async throws {
        let stage = try Stage()
        let play = try await Self.play(
            stage,
            "id1) [ -e second ] && echo OK || { echo x >> second; echo 'Error: no connection'; } ;;\n*) echo OK ;;",
            before: "echo OK",
            confirm: "omprog"
        )
        try Self.write(["id0", "id1", "id2"], stage)
        #expect(try await Self.told(stage) == ["id0", "id1", "id1", "id2"])
        #expect(play.herald.log("notifier n started").count == 1)
        try await play.end()
    }
}
