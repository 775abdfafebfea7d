import PocketCouch
import TestSupport
import Testing

@Suite("A notifier that holds back")
struct DebounceTests {
    /// A notifier with these options on a database that is there; the other one, `all`, tells what there was to tell.
    private static func play(_ stage: Stage, _ options: String) async throws -> Play {
        for name in ["d", "e"] { try stage.state.createDatabase(name) }
        let play = try await stage.play(
            [("held", stage.append("held")), ("all", stage.append("all"))],
            options: "[notifier:held]\n\(options)\n[notifier:all]\nmerge = never"
        )
        try await eventually("open feeds") { stage.state.stats.openFeeds == 2 }
        return play
    }

    @Test("merge = 500ms: many changes give one line a database, not before that time is over")
    func delay() async throws {
        let stage = try Stage()
        let play = try await Self.play(stage, "merge = 500ms")
        for round in 1...2 {
            let start = ContinuousClock.now
            for name in ["d", "e"] {
                _ = try stage.state.bulk((0..<200).map { ("\($0)", "{}") }, in: name)
                try stage.state.put("_design/v", in: name)
            }
            try await stage.lines("held").waitForLines(4 * round)
            #expect(ContinuousClock.now - start >= .milliseconds(500))
            try await stage.lines("all").waitForLines(404 * round)
        }
        let round =
            [Notice.updated("d"), Notice.designUpdated("d", "_design/v")]
            + [Notice.updated("e"), Notice.designUpdated("e", "_design/v")]
        let lines = stage.lines("held").lines
        #expect(lines.count < 40, "of 804")
        #expect(Set(lines) == Set(round))
        try await play.end()
    }

    @Test("merge_at: so many changes are told at once, as one line; fewer wait for their time, or for the stop")
    func count() async throws {
        let stage = try Stage()
        let play = try await Self.play(stage, "merge = 1h\nmerge_at = 10")
        for number in 0..<9 { try stage.state.put("\(number)", in: "d") }
        try await stage.lines("all").waitForLines(9)
        #expect(stage.lines("held").lines == [])
        try stage.state.put("9", in: "d")
        #expect(try await stage.lines("held").waitForLines(1) == [Notice.updated("d")])
        for number in 0..<3 { try stage.state.put("\(number)", in: "e") }
        try await stage.lines("all").waitForLines(13)
        #expect(stage.lines("held").lines.count == 1)
        try await play.end()
        #expect(stage.lines("held").lines == [Notice.updated("d"), Notice.updated("e")])
    }

    @Test("What was held back when herald was killed is told by the next one")
    func killed() async throws {
        let stage = try Stage()
        let play = try await Self.play(stage, "merge = 1h\nmerge_at = 10")
        for number in 0..<9 { try stage.state.put("\(number)", in: "d") }
        try await stage.lines("all").waitForLines(9)
        play.herald.kill()
        _ = try await play.herald.waitForExit()
        let again = try await stage.herald(stage.folder.path("notifiers.ini"))
        try stage.state.put("9", in: "d")
        #expect(try await stage.lines("held").waitForLines(1) == [Notice.updated("d")])
        again.terminate()
        #expect(try await again.waitForExit() == .status(0))
        await play.server.stop()
    }
}
