import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("How notifiers are stopped")
struct NotifierStopTests {
    @Test("First stdin is closed, and whoever ends by that gets no signal")
    func endOfInput() async throws {
        let stage = try Stage()
        let script = try stage.script(
            "polite",
            "trap 'echo term >> told' TERM; echo ready >> told; cat > /dev/null; echo end >> told"
        )
        let play = try await stage.play(
            [("polite", script)],
            options: """
                [notifier:polite]
                stop_timeout = 60s
                """
        )
        try await stage.lines("told").waitForLines(1)
        try await play.end()
        #expect(stage.lines("told").lines == ["ready", "end"])
        #expect(play.herald.log("notifier polite exited with status 0").count == 1)
    }

    @Test("Who ignores the end of its stdin gets TERM after stop_timeout")
    func term() async throws {
        let stage = try Stage()
        let script = try stage.script(
            "busy",
            "trap 'echo term >> told; exit 0' TERM; echo ready >> told; while :; do sleep 0.05; done"
        )
        let play = try await stage.play(
            [("busy", script)],
            options: """
                [notifier:busy]
                stop_timeout = 300ms
                """
        )
        try await stage.lines("told").waitForLines(1)
        try await play.end()
        #expect(stage.lines("told").lines == ["ready", "term"])
        let herald = play.herald
        let asked = try herald.time(of: "info: stopping")
        #expect(HeraldProcess.span(asked, try herald.time(of: "TERM to its process group")) >= 298)
        #expect(herald.log("KILL to its process group").isEmpty)
    }

    @Test("Who ignores TERM too is killed with all its group; several such are stopped at the same time")
    func stubborn() async throws {
        let stage = try Stage()
        let script = try stage.script(
            "stubborn",
            #"""
            trap '' TERM
            sleep 300 &
            (sleep 300; sleep 300) &
            echo ready > "ready.$HERALD_NOTIFIER"
            sleep 300
            """#
        )
        let names = (1...8).map { "stubborn\($0)" }
        let play = try await stage.play(
            names.map { ($0, script) },
            options: names.map { "[notifier:\($0)]\nstop_timeout = 2s" }.joined(separator: "\n")
        )
        var groups: [pid_t] = []
        for name in names {
            groups.append(try await play.process(of: name))
            try await stage.lines("ready.\(name)").waitForLines(1)
        }
        for group in groups { #expect(RunningProcess.members(ofGroup: group).count >= 3) }
        let start = ContinuousClock.now
        try await play.end()
        let time = ContinuousClock.now - start
        #expect(time >= .milliseconds(3990))
        for group in groups { #expect(RunningProcess.members(ofGroup: group).isEmpty) }
        #expect(play.herald.log("KILL to its process group").count == names.count)
    }

    @Test("A grandchild that its leader leaves behind is ended before the next leader starts, and at the stop")
    func leftBehind() async throws {
        let stage = try Stage()
        let script = try stage.script(
            "leaver",
            #"""
            echo life >> lives
            (trap '' TERM; echo $$ >> grandchildren; exec sleep 300) &
            while ! [ -s grandchildren ]; do sleep 0.01; done
            [ "$(wc -l < lives)" -gt 1 ] && exec cat > /dev/null
            exit 0
            """#
        )
        let play = try await stage.play(
            [("leaver", script)],
            options: """
                [notifier:leaver]
                stop_timeout = 100ms
                """
        )
        let first = try await play.process(of: "leaver", life: 1)
        let second = try await play.process(of: "leaver", life: 2)
        #expect(RunningProcess.members(ofGroup: first).isEmpty)
        #expect(play.herald.log("notifier leaver, or what it left behind, still runs: KILL").count == 1)
        try await eventually("the second life has its grandchild") {
            RunningProcess.members(ofGroup: second).map(\.program).sorted() == ["cat", "sleep"]
        }
        try await play.end()
        #expect(RunningProcess.members(ofGroup: second).isEmpty)
    }

    @Test("What waits for it at the stop is still written to one that reads, however slowly")
    func drained() async throws {
        let stage = try Stage()
        let script = try stage.script(
            "slow",
            #"while IFS= read -r line; do printf '%s\n' "$line"; sleep 0.01; done > out"#
        )
        let play = try await stage.play(
            [("slow", script), ("quick", stage.append("quick"))],
            options: """
                [notifier:slow]
                stop_timeout = 60s
                """
        )
        let slow = try await play.process(of: "slow", running: "sh")
        try await slow.freeze()
        // Long lines, so that few of them are more than a pipe holds and is written at once: 64 kB each.
        let name = String(repeating: "a", count: 1000)
        try stage.state.createDatabase(name)
        _ = try stage.state.bulk((0..<200).map { (id: "\($0)", body: "{}") }, in: name)
        let expected = [Notice.created(name)] + Array(repeating: Notice.updated(name), count: 200)
        try await stage.waitForSize(of: "quick", expected)
        slow.thaw()
        try await play.end()
        let isAll = stage.lines("out").lines == expected
        #expect(isAll, "\(stage.lines("out").lines.count) lines")
        #expect(play.herald.log("has not read all").isEmpty)
    }

    @Test("When herald is killed with -9, each notifier sees the end of its stdin")
    func heraldKilled() async throws {
        let stage = try Stage()
        let script = try stage.script("witness", #"cat > /dev/null; echo end > "end.$HERALD_NOTIFIER""#)
        let names = ["one", "two", "three"]
        let play = try await stage.play(names.map { ($0, script) })
        for name in names { _ = try await play.process(of: name) }
        play.herald.send(signal: SIGKILL)
        #expect(try await play.herald.waitForExit() == .signal(SIGKILL))
        for name in names {
            #expect(try await stage.lines("end.\(name)").waitForLines(1) == ["end"])
        }
        await play.server.stop()
    }
}
