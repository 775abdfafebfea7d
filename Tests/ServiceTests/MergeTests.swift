import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("A notifier that is behind")
struct MergeTests {
    /// Long names make long lines, so that few of them fill an outbox of 4 MB.
    private static func name(_ letter: Character) -> String {
        String(repeating: letter, count: 1000)
    }

    private static let rows = 10_000

    /// A notifier that leaves runs of equal lines, each with its length, in the file `runs`. It holds them until its
    /// stdin ends: so it is given the time to read it to the end.
    private static func runs(merge: String) -> (notifier: (name: String, command: String), options: String) {
        (("behind", "uniq -c > runs"), "[notifier:behind]\nstop_timeout = 60s\nmerge = \(merge)")
    }

    private static func writtenRuns(_ stage: Stage) -> [(count: Int, line: String)] {
        stage.lines("runs").lines.map { text in
            let parts = text.drop { $0 == " " }.split(separator: " ", maxSplits: 1)
            return (Int(parts[0]) ?? 0, String(parts[1]))
        }
    }

    private static func write(_ rows: Int, into database: String, _ stage: Stage, from first: Int = 0) throws {
        _ = try stage.state.bulk((first..<(first + rows)).map { (id: "\($0)", body: "{}") }, in: database)
    }

    @Test("It gets far fewer lines than there are rows, and the last word about each database is true")
    func merged() async throws {
        let stage = try Stage()
        let behind = Self.runs(merge: "when_behind")
        let play = try await stage.play(
            [
                behind.notifier, ("strict", stage.append("strict")), ("lives", stage.append("lives")),
                ("designs", stage.append("designs")),
            ],
            options: """
                \(behind.options)
                [notifier:strict]
                merge = never
                [notifier:lives]
                databases = c*, d*, e*
                [notifier:designs]
                types = ddoc_updated
                """
        )
        let process = try await play.process(of: "behind", running: "uniq")
        let (a, b, gone, brief, new) = (
            Self.name("a"), Self.name("b"), Self.name("c"), Self.name("d"), Self.name("e")
        )
        for name in [a, b, gone] { try stage.state.createDatabase(name) }
        let line = Notice.created(a).utf8.count + 1
        try await eventually("all is ready") { stage.size(of: "strict") == 3 * line }
        let before = try #require(RunningProcess(play.herald.pid)?.peakMemory)
        try await process.freeze()
        for name in [a, b] { try Self.write(Self.rows, into: name, stage) }
        try await eventually("all rows are read from the feeds") {
            stage.size(of: "strict") == (3 + 2 * Self.rows) * line
        }

        // Now its outbox is full, and what comes is merged.
        try stage.state.deleteDatabase(gone)
        for name in [brief, new] {
            try stage.state.createDatabase(name)
            try stage.state.put("x", in: name)
        }
        for written in 1...3 {
            try stage.state.put("_design/views", in: a)
            try await stage.lines("designs").waitForLines(written)
        }
        // Of `gone`: created, deleted. Of the two others: created, updated.
        try await stage.lines("lives").waitForLines(6)
        try stage.state.deleteDatabase(brief)
        try await stage.lines("lives").waitForLines(7)
        let after = try #require(RunningProcess(play.herald.pid)?.peakMemory)
        process.thaw()
        try await play.end()

        let runs = Self.writtenRuns(stage)
        let total = runs.reduce(0) { $0 + $1.count }
        #expect(total < Self.rows / 2, "of \(2 * Self.rows) rows")
        #expect(total > 3900, "the outbox holds 4 MB before anything is merged")
        func of(_ name: String) -> [String] {
            runs.map(\.line).filter { $0.contains(name) }
        }
        #expect(of(a).suffix(2) == [Notice.updated(a), Notice.designUpdated(a, "_design/views")])
        #expect(runs.count { $0.line == Notice.designUpdated(a, "_design/views") } == 1)
        #expect(of(b).last == Notice.updated(b))
        #expect(of(gone) == [Notice.created(gone), Notice.deleted(gone)])
        #expect(of(new) == [Notice.created(new), Notice.updated(new)])
        #expect(of(brief).isEmpty)
        #expect(after - before < 60_000, "kB")
    }

    @Test("With merge = never it gets one line a row, though it was stopped for a while, and delays no other")
    func never() async throws {
        let stage = try Stage()
        let play = try await stage.play(
            [("behind", "tee behind | cat > /dev/null"), ("other", stage.append("other"))],
            options: "[notifier:behind]\nmerge = never\n[notifier:other]\nmerge = never"
        )
        let process = try await play.process(of: "behind", running: "sh")
        let name = Self.name("a")
        try stage.state.createDatabase(name)
        let line = Notice.updated(name).utf8.count + 1
        for file in ["other", "behind"] {
            try await eventually("the feed has begun") { stage.size(of: file) == line }
        }
        let before = try #require(RunningProcess(play.herald.pid)?.peakMemory)
        let members = RunningProcess.members(ofGroup: process.group)
        for member in members { try await member.freeze() }
        try Self.write(2 * Self.rows, into: name, stage)
        try await eventually("the other has everything") {
            stage.size(of: "other") == line * (2 * Self.rows + 1)
        }
        #expect(stage.size(of: "behind") < line * Self.rows)
        let after = try #require(RunningProcess(play.herald.pid)?.peakMemory)
        #expect(after - before < 60_000, "kB")
        for member in members { member.thaw() }
        try await eventually("the one that was behind has everything too") {
            stage.size(of: "behind") >= line * (2 * Self.rows + 1)
        }
        try await play.end()
        let lines = stage.lines("behind").lines
        #expect(lines.first == Notice.created(name))
        #expect(lines.dropFirst().allSatisfy { $0 == Notice.updated(name) })
    }

    @Test("One that keeps up gets a line a row also with merge = when_behind")
    func keepsUp() async throws {
        let stage = try Stage()
        let play = try await stage.play([("all", stage.append("all"))])
        try stage.state.createDatabase("d")
        try await stage.lines("all").waitForLines(1)
        try Self.write(20_000, into: "d", stage)
        let bytes = Notice.created("d").utf8.count + 1 + 20_000 * (Notice.updated("d").utf8.count + 1)
        try await eventually("all have arrived") { stage.size(of: "all") >= bytes }
        try await play.end()
        #expect(stage.size(of: "all") == bytes)
    }
}
