import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("A notifier that does not read")
struct NotifierDeafTests {
    @Test("Stopped or asleep, it delays no other; and what waited for it is there when it goes on")
    func stuck() async throws {
        let stage = try Stage()
        let play = try await stage.play(
            [
                ("stopped", stage.append("stopped")), ("asleep", "sleep 300"),
                ("strict", "sleep 300"), ("awake", stage.append("awake")),
            ],
            options: """
                [notifier:asleep]
                stop_timeout = 100ms
                [notifier:strict]
                merge = never
                stop_timeout = 100ms
                """
        )
        let stopped = try await play.process(of: "stopped", running: "cat")
        try await stopped.freeze()
        try stage.state.createDatabase("d")
        try await stage.lines("awake").waitForLines(1)
        // More than a pipe holds, and less than the outbox.
        _ = try stage.state.bulk((0..<5000).map { (id: "\($0)", body: "{}") }, in: "d")
        let expected = [Notice.created("d")] + Array(repeating: Notice.updated("d"), count: 5000)
        try await stage.waitForSize(of: "awake", expected)
        #expect(stage.size(of: "stopped") == 0)
        stopped.thaw()
        try await stage.waitForSize(of: "stopped", expected)
        for name in ["awake", "stopped"] {
            let isAll = stage.lines(name).lines == expected
            #expect(isAll, "\(name)")
        }
        try await play.end()
    }

    @Test("One that closes its stdin and lives on is stopped, then started again, and no notice is lost")
    func closedInput() async throws {
        let stage = try Stage()
        let script = try stage.script(
            "shut",
            #"""
            echo life >> lives
            [ "$(wc -l < lives)" -gt 1 ] && exec cat >> out
            exec <&-
            echo shut > shut
            sleep 300
            """#
        )
        let play = try await stage.play(
            [("shut", script)],
            options: """
                [notifier:shut]
                stop_timeout = 100ms
                """
        )
        let first = try await play.process(of: "shut")
        try await stage.lines("shut").waitForLines(1)
        try stage.state.createDatabase("d")
        let complaint = try await play.herald.waitForLine(
            containing: "notifier shut has closed its stdin but lives on"
        )
        #expect(complaint.contains("Z warning: "))
        try stage.state.put("x", in: "d")
        let lines = try await stage.lines("out").waitForLines(2)
        #expect(lines == [Notice.created("d"), Notice.updated("d")])
        #expect(RunningProcess.members(ofGroup: first).isEmpty)
        try await play.end()
    }
}
