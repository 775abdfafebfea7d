import Glibc
import PocketCouch
import Status
import Store
import TestSupport
import Testing

@Suite("herald rewind, while the service runs and while it does not")
struct LiveRewindTests {
    private static let ids = (0..<5).map { "id\($0)" }

    /// A notifier that notes the ids that it is told of, and confirms each where `confirms`.
    private static func play(_ stage: Stage, confirms: Bool = false) async throws -> Play {
        for database in ["d", "e"] { try stage.state.createDatabase(database) }
        let script = try stage.script(
            "noting",
            #"""
            while IFS= read -r line; do
                id=${line#*'"id":"'}; id=${id%%'"'*}
                echo "$id" >> "told.$HERALD_NOTIFIER"
                \#(confirms ? "echo ok" : ":")
            done
            """#
        )
        let delivery = "detail = change\ntypes = updated\nstop_timeout = 5s\n\(confirms ? "confirm = yes\n" : "")"
        let play = try await stage.play(
            [("a", script), ("b", script)],
            options: Stage.listening + "[notifier:a]\n\(delivery)[notifier:b]\n\(delivery)"
        )
        let interface = try await Interface(play.herald, in: stage)
        try await interface.waitForStatus("open feeds") {
            $0.databases["d"]?.feed == .open && $0.databases["e"]?.feed == .open
        }
        for database in ["d", "e"] { _ = try stage.state.bulk(ids.map { ($0, "{}") }, in: database) }
        for name in ["a", "b"] { try await stage.lines("told.\(name)").waitForLines(10) }
        return play
    }

    @Test(
        "Lines come again, at once, of one database or of all; the other notifier is left alone",
        arguments: [false, true]
    )
    func one(confirms: Bool) async throws {
        let stage = try Stage()
        let play = try await Self.play(stage, confirms: confirms)
        let other = try await play.process(of: "b")
        let all = try await stage.command("rewind", "a", "--to", "0")
        #expect(all.exit == .status(0) && all.stderr.isEmpty)
        #expect(all.stdout == ["a: 2 databases rewound to 0"])
        try await stage.lines("told.a").waitForLines(20)
        let part = try await stage.command("rewind", "a", "--database", "d", "--to", "0")
        #expect(part.exit == .status(0) && part.stdout == ["a: 1 database rewound to 0"])
        let told = try await stage.lines("told.a").waitForLines(25)
        #expect(told.count == 25 && told.suffix(5) == Self.ids[...])
        #expect(told.dropFirst(10).prefix(10).sorted() == (Self.ids + Self.ids).sorted())
        // What is new comes once.
        try stage.state.put("new", in: "d")
        try await stage.lines("told.a").waitForLine(containing: "new")
        try await stage.lines("told.b").waitForLine(containing: "new")
        #expect(stage.lines("told.b").lines.count == 11 && RunningProcess(other) != nil)
        let unknown = try await stage.command("rewind", "c", "--to", "0")
        #expect(unknown.exit == .status(1) && unknown.stderr.count == 1, "\(unknown.stderr)")
        try await play.end()
        #expect(stage.lines("told.a").lines.count == 26)
    }

    @Test("--all means everybody")
    func everybody() async throws {
        let stage = try Stage()
        let play = try await Self.play(stage)
        let all = try await stage.command("rewind", "--all", "--to", "0")
        #expect(all.exit == .status(0))
        #expect(all.stdout == ["a: 2 databases rewound to 0", "b: 2 databases rewound to 0"])
        for name in ["a", "b"] {
            #expect(try await stage.lines("told.\(name)").waitForLines(20).count == 20)
        }
        try await play.end()
    }

    @Test("One that was stopped by hand is rewound too, and stays stopped")
    func stopped() async throws {
        let stage = try Stage()
        let play = try await Self.play(stage)
        let interface = try await Interface(play.herald, in: stage)
        #expect(try await stage.command("stop", "a").exit == .status(0))
        try await interface.waitForStatus("stopped") { $0.notifiers["a"]?.process.state == .stopped }
        #expect(try await stage.command("rewind", "a", "--to", "0").exit == .status(0))
        let report = try await interface.status()
        #expect(report.notifiers["a"]?.process.state == .stopped, "\(report.notifiers["a"].debugDescription)")
        #expect(try await stage.command("start", "a").exit == .status(0))
        try await stage.lines("told.a").waitForLines(20)
        try await play.end()
    }

    @Test("What comes while herald is being stopped is refused, and starts nobody", .timeLimit(.minutes(5)))
    func stopping() async throws {
        let stage = try Stage()
        let slow = try stage.script("slow", "trap '' TERM; while [ ! -e end ]; do sleep 0.05; done")
        let play = try await stage.play(
            [("a", stage.append("a")), ("slow", slow)],
            options: Stage.listening + "[notifier:slow]\nstop_timeout = 10m\n"
        )
        let first = try await play.process(of: "a", running: "cat")
        play.herald.terminate()
        try await eventually("a is stopped") { RunningProcess(first.pid) == nil }
        for command in [["rewind", "a", "--to", "0"], ["restart", "a"], ["start", "a"], ["reload"]] {
            let refused = try await stage.command(command)
            #expect(refused.exit == .status(1) && refused.stderr.first?.contains("is being stopped") == true)
        }
        try stage.folder.write("end", "")
        #expect(try await play.herald.waitForExit() == .status(0))
        #expect(play.herald.log("notifier a started").count == 1)
        await play.server.stop()
    }

    @Test("Where no service runs the store itself is rewound, and the next start tells it all")
    func withoutService() async throws {
        let stage = try Stage()
        let play = try await Self.play(stage)
        play.herald.terminate()
        #expect(try await play.herald.waitForExit() == .status(0))
        let rewound = try await stage.command("rewind", "a", "--to", "0")
        #expect(rewound.exit == .status(0) && rewound.stdout == ["a: 2 databases rewound to 0"])
        let again = try await stage.herald(stage.folder.path("notifiers.ini"))
        #expect(try await stage.lines("told.a").waitForLines(20).count == 20)
        #expect(stage.lines("told.b").lines.count == 10)
        again.terminate()
        #expect(try await again.waitForExit() == .status(0))
        await play.server.stop()
    }
}
