import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@Suite("Lines that a notifier has not read")
struct UnreadTests {
    /// A notifier that is told each change, and stops quickly.
    private static func play(_ stage: Stage, _ command: String) async throws -> Play {
        try stage.state.createDatabase("d")
        let options = "[notifier:n]\ndetail = change\ntypes = updated\nstop_timeout = 100ms\n"
        let play = try await stage.play([("n", command)], options: Stage.listening + options)
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        return play
    }

    /// Writes these documents, and waits until Herald has read their changes.
    private static func write(_ ids: [String], _ stage: Stage, _ interface: Interface) async throws {
        _ = try stage.state.bulk(ids.map { ($0, "{}") }, in: "d")
        try await interface.waitForStatus("their changes are read") { $0.databases["d"]?.changes == UInt64(ids.count) }
    }

    /// The documents that one that reads is told of by a Herald that begins now, up to one more.
    private static func told(_ stage: Stage, _ play: Play) async throws -> [String] {
        let path = try stage.configuration(
            url: play.server.url,
            notifiers: [("n", stage.append("lines"))],
            more: "[notifier:n]\ndetail = change\ntypes = updated\n"
        )
        let again = try await stage.herald(path)
        try stage.state.put("last", in: "d")
        let lines = try await stage.lines("lines").waitForLine(containing: #""id":"last""#)
        try await again.end()
        await play.server.stop()
        return lines.compactMap { line in
            let words = line.split(separator: "\"")
            return words.firstIndex(of: "id").map { String(words[$0 + 2]) }
        }
    }

    @Test(
        "They come at Herald's next start, be it that nobody could be started, or that nobody read",
        arguments: ["/no/such", "false", "sleep 1000"]
    )
    func stop(command: String) async throws {
        let stage = try Stage()
        let play = try await Self.play(stage, command)
        let interface = try await Interface(play.herald, in: stage)
        try await Self.write(["a", "b", "c"], stage, interface)
        try await play.herald.waitForLine(containing: "notifier n started")
        // Whoever has read nothing was told nothing, and is behind.
        try await interface.waitForStatus("it is known to wait") {
            $0.notifiers["n"].map { $0.lines == 0 && $0.lag > 0 && $0.waitingBytes > 0 } ?? false
        }
        play.herald.terminate()
        #expect(try await play.herald.waitForExit() == .status(0))
        #expect(play.herald.log("it has not taken all its notices before the stop").count == 1)
        #expect(try await Self.told(stage, play) == ["a", "b", "c", "last"])
    }

    @Test("They come at the next start also where Herald was killed together with the notifier; what was read need not")
    func killed() async throws {
        let stage = try Stage()
        let command = try stage.script("some", "read a; echo read >> read; exec sleep 1000")
        let play = try await Self.play(stage, command)
        let interface = try await Interface(play.herald, in: stage)
        let pid = try await play.process(of: "n")
        try await Self.write(["a", "b", "c"], stage, interface)
        try await stage.lines("read").waitForLines(1)
        try await interface.waitForStatus("the first is delivered") { $0.notifiers["n"]?.lines == 1 }
        for process in [play.herald.pid, pid] { Glibc.kill(process, SIGKILL) }
        _ = try await play.herald.waitForExit()
        let told = try await Self.told(stage, play)
        // The save that knows of the first may have been lost.
        #expect(told == ["b", "c", "last"] || told == ["a", "b", "c", "last"])
    }
}
