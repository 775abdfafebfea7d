import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("Signals to herald run")
struct SignalTests {
    @Test("SIGTERM and SIGINT stop it in order, with exit 0", arguments: [SIGTERM, SIGINT])
    func stops(signal: Int32) async throws {
        let stage = try Stage()
        let play = try await stage.play([("all", stage.append("all"))])
        try stage.state.createDatabase("d")
        try await stage.lines("all").waitForLines(1)
        let cat = try await play.process(of: "all")
        play.herald.send(signal: signal)
        #expect(try await play.herald.waitForExit() == .status(0))
        #expect(play.herald.stderr.last?.hasSuffix("info: stopped") == true)
        #expect(RunningProcess(cat) == nil)
        try await eventually("the feeds are closed") {
            stage.state.stats.openFeeds == 0 && stage.state.stats.openBellFeeds == 0
        }
        await play.server.stop()
    }

    @Test("Further signals while it stops change nothing")
    func again() async throws {
        let stage = try Stage()
        let script = try stage.script("stubborn", "trap '' TERM; echo ready > ready; sleep 300")
        let play = try await stage.play(
            [("stubborn", script)],
            options: """
                [notifier:stubborn]
                stop_timeout = 300ms
                """
        )
        try await stage.lines("ready").waitForLines(1)
        let group = try await play.process(of: "stubborn")
        play.herald.terminate()
        try await play.herald.waitForLine(containing: "info: stopping")
        play.herald.send(signal: SIGINT)
        play.herald.terminate()
        #expect(try await play.herald.waitForExit() == .status(0))
        #expect(play.herald.stderr.last?.hasSuffix("info: stopped") == true)
        #expect(RunningProcess.members(ofGroup: group).isEmpty)
        await play.server.stop()
    }

    @Test("SIGTERM stops it while the server cannot be reached, and while a notifier waits to be started again")
    func unreachable() async throws {
        let stage = try Stage()
        let replayer = try await WireReplayer { _ in .hangUp }
        try await replayer.stop()
        let configuration = try stage.configuration(
            url: replayer.url,
            notifiers: [("all", stage.append("all")), ("failing", "false")]
        )
        let herald = try HeraldProcess(["run", "-c", configuration])
        try await herald.waitForLine(containing: "no server at \(replayer.url)")
        try await herald.waitForLine(containing: "starting it again in 400 ms")
        try await expectPromptStop(herald)
    }

    @Test("SIGTERM stops it while it waits for an answer that does not come", arguments: ["/", "/_all_dbs", "/d"])
    func silentServer(path: String) async throws {
        let stage = try Stage()
        let server = try await PlayedServer(feeds: []) { $0.path == path ? .silence : nil }
        let configuration = try stage.configuration(
            url: server.replayer.url,
            notifiers: [("all", stage.append("all"))]
        )
        let herald = try HeraldProcess(["run", "-c", configuration])
        try await eventually("the question is put") {
            server.replayer.requests.contains { $0.path == path }
        }
        try await herald.waitForLine(containing: "notifier all started")
        try await expectPromptStop(herald)
    }

    /// An answer may take 60 s and a wait for the next try too: neither is waited for.
    private func expectPromptStop(_ herald: HeraldProcess) async throws {
        let start = ContinuousClock.now
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(herald.stderr.last?.hasSuffix("info: stopped") == true)
    }
}
