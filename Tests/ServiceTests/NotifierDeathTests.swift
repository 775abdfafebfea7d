import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("A notifier that dies")
struct NotifierDeathTests {
    @Test("Killed again and again while lines are written to it, every line arrives at least once, and in order")
    func killed() async throws {
        let stage = try Stage()
        let script = try stage.script(
            "mortal",
            #"""
            echo life >> lives
            lives=$(wc -l < lives)
            read=0
            while IFS= read -r line; do
                printf '%s\n' "$line" >> seen
                read=$((read + 1))
                [ "$lives" -gt 4 ] || [ "$read" -lt 20 ] || kill -9 $$
            done
            """#
        )
        let play = try await stage.play([("mortal", script)])
        // A database a change, so that each line is one of its kind.
        for number in 0..<100 {
            try stage.state.createDatabase("db\(number)")
            try stage.state.put("x", in: "db\(number)")
        }
        let expected = Set((0..<100).flatMap { [Notice.created("db\($0)"), Notice.updated("db\($0)")] })
        try await eventually("each line has arrived", every: .milliseconds(50)) {
            Set(stage.lines("seen").lines).isSuperset(of: expected)
        }
        let seen = stage.lines("seen").lines
        #expect(Set(seen) == expected)
        for number in 0..<100 {
            let created = try #require(seen.firstIndex(of: Notice.created("db\(number)")))
            let updated = try #require(seen.lastIndex(of: Notice.updated("db\(number)")))
            #expect(created < updated)
        }
        #expect(play.herald.log("notifier mortal was killed by SIGKILL (9)").count == 4)
        try await play.end()
    }

    @Test("What it had not read when it was killed from outside, its pipe included, is given to the next one")
    func unread() async throws {
        let stage = try Stage()
        let play = try await stage.play([("all", stage.append("all"))])
        let cat = try await play.process(of: "all", running: "cat")
        try await cat.freeze()
        // More than the pipe holds: some of it waits there, and some in the outbox.
        let names = (0..<2000).map { "_design/\($0)" }
        try stage.state.createDatabase("d")
        _ = try stage.state.bulk(names.map { (id: $0, body: "{}") }, in: "d")
        try stage.state.createDatabase("marker")
        try await eventually("all is read from the feed") { stage.state.stats.openFeeds == 2 }
        cat.send(SIGKILL)
        let expected =
            [Notice.created("d")] + names.flatMap { [Notice.updated("d"), Notice.designUpdated("d", $0)] }
        // The marker's line may stand anywhere behind its creation.
        try await stage.waitForSize(of: "all", expected + [Notice.created("marker")])
        let isAll = stage.lines("all").lines.filter { !$0.contains("marker") } == expected
        #expect(isAll)
        try await play.end()
    }

    @Test("However it ends, the log says how and when the next try is: after 100 ms, then twice as long each time")
    func ends() async throws {
        let stage = try Stage()
        try stage.folder.write("not-executable", "#!/bin/sh\n")
        let play = try await stage.play([
            ("well", "true"), ("three", "sh -c 'exit 3'"), ("shot", "sh -c 'kill -9 $$'"),
            ("missing", "no-such-command-anywhere -x"), ("forbidden", "./not-executable"),
        ])
        let herald = play.herald
        let ends = [
            "well": "exited with status 0 after", "three": "exited with status 3 after",
            "shot": "was killed by SIGKILL (9) after", "missing": "exited with status 127 after",
            "forbidden": "exited with status 126 after",
        ]
        for (name, end) in ends {
            for (index, pause) in ["100 ms", "200 ms", "400 ms"].enumerated() {
                let text = "starting it again in \(pause)"
                try await eventually("\(name) is tried again after \(pause)") {
                    herald.log("notifier \(name) \(end)").contains { $0.contains(text) }
                }
                let line = try #require(herald.log("notifier \(name) \(end)").dropFirst(index).first)
                #expect(line.contains(text))
                #expect(line.contains("Z warning: "))
                _ = try await play.process(of: name, life: index + 2)
                let waited = HeraldProcess.span(
                    try herald.time(of: "notifier \(name) \(end)", skipping: index),
                    try herald.time(of: "notifier \(name) started", skipping: index + 1)
                )
                #expect(waited >= 100 << index - 2, "milliseconds")
            }
        }
        #expect(herald.log("notifier missing exited").allSatisfy { $0.contains("the command was not found") })
        #expect(herald.log("notifier forbidden exited").allSatisfy { $0.contains("cannot be executed") })
        try await play.end()
    }

    @Test("A command that cannot run keeps its notices for when it can")
    func repaired() async throws {
        let stage = try Stage()
        let play = try await stage.play([("late", "sh ./late.sh")])
        try stage.state.createDatabase("d")
        try await play.herald.waitForLine(containing: "notifier late exited with status")
        try stage.folder.write("late.sh", "exec cat >> out\n")
        #expect(try await stage.lines("out").waitForLines(1) == [Notice.created("d")])
        try await play.end()
    }
}
