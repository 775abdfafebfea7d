import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@testable import herald

@Suite("A changed configuration that has faults")
struct ReloadFaultTests {
    private static func play() async throws -> LivePlay {
        let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
        try stage.state.createDatabase("d")
        return try await LivePlay(stage, ["a"])
    }

    /// What `herald status --json` says of the faults.
    private static func shownFaults(_ play: LivePlay) async throws -> [String] {
        let status = try HeraldProcess(["status", "--json", "-c", play.path, "--state-dir", play.stateFolder])
        // A fault is nothing that is well.
        _ = try await status.waitForExit()
        let json = Array(status.stdout.joined(separator: "\n").utf8)
        return try ControlClient.report(from: json).herald.configuration.faults
    }

    /// Feeds and notifiers are what they were.
    private static func expectUntouched(_ play: LivePlay, _ pid: Int32, _ id: String) async throws {
        try play.stage.state.put(id, in: "d")
        try await play.stage.lines("a").waitForLine(containing: #""id":"\#(id)""#)
        #expect(try await play.pid(of: "a") == pid)
        #expect(play.herald.log("notifier a started").count == 1)
        #expect(play.herald.log("info: found: ").count == 1)
        #expect(try await play.report().herald.configuration.reloads == 0)
    }

    @Test(
        "leaves the old one whole, is told with file and line in the log and the status, and forgotten once it is mended",
        arguments: ["detail = everything", "no key at all", "stop_timeout = soon"]
    )
    func badValue(key: String) async throws {
        var play = try await Self.play()
        let pid = try await play.pid(of: "a")
        let good = play.configuration
        play.configuration.notifiers["b"] = "cat >> b"
        play.configuration.options["b"] = key
        try play.write()
        try await play.herald.waitForLine(containing: "the configuration has faults")
        let place = "\(play.path):"
        let told = play.herald.log("error: \(place)")
        #expect(told.count == 1, "\(told)")
        let faults = try await Self.shownFaults(play)
        #expect(faults.count == 1 && faults[0].hasPrefix(place), "\(faults)")
        #expect(faults.allSatisfy { fault in told.contains { $0.contains(fault) } })
        try await Self.expectUntouched(play, pid, "one")
        #expect(try await play.report().notifiers["b"] == nil)

        play.configuration = good
        #expect(try await play.reload() == [])
        #expect(try await Self.shownFaults(play) == [])
        try await Self.expectUntouched(play, pid, "two")
        try await play.end()
    }

    @Test("A file that is gone is such a fault, and one that comes back is read")
    func removedFile() async throws {
        var play = try await Self.play()
        let pid = try await play.pid(of: "a")
        try #require(unlink(play.path) == 0)
        try await play.herald.waitForLine(containing: "the configuration has faults")
        #expect(!play.herald.log("error: \(play.path): ").isEmpty)
        #expect(try await Self.shownFaults(play).count == 1)
        try await Self.expectUntouched(play, pid, "one")
        play.configuration.notifiers["b"] = "cat >> b"
        try play.write()
        try await play.herald.waitForLine(containing: "notifier b: added")
        #expect(try await Self.shownFaults(play) == [])
        try await play.end()
    }

    @Test("Another state_dir is one, and everything else that has changed with it stays as it was")
    func stateFolder() async throws {
        var play = try await Self.play()
        let pid = try await play.pid(of: "a")
        play.configuration.herald = "state_dir = elsewhere"
        play.configuration.notifiers["b"] = "cat >> b"
        play.configuration.notifiers["a"] = "cat >> c"
        try play.write()
        try await play.herald.waitForLine(containing: "state_dir cannot change")
        let faults = try await Self.shownFaults(play)
        #expect(faults.count == 1 && faults[0].hasPrefix("\(play.path):4: "), "\(faults)")
        try await Self.expectUntouched(play, pid, "one")
        try await play.end()
    }

    @Test("An address that is taken is one; the one that was listened on is kept, and a free one is taken")
    func listen() async throws {
        var play = try await Self.play()
        let pid = try await play.pid(of: "a")
        play.configuration.herald = "listen = 127.0.0.1:\(play.server.port)"
        try play.write()
        try await play.herald.waitForLine(containing: "the configuration has faults")
        let faults = try await Self.shownFaults(play)
        #expect(faults.count == 1 && faults[0].hasPrefix("\(play.path):4: listen: "), "\(faults)")
        try await Self.expectUntouched(play, pid, "one")
        play.configuration.herald = ""
        try await play.reload()
        #expect(try await Self.shownFaults(play) == [])
        try await play.end()
    }
}

extension LivePlay {
    fileprivate var stateFolder: String { stage.folder.path("herald-state") }
}
