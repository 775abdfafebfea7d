import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@Suite("Where the interface cannot be had")
struct ListeningTests {
    private static func configuration(_ stage: Stage, _ server: PocketCouch, _ herald: String) throws -> String {
        try stage.configuration(
            url: server.url,
            notifiers: [("a", "touch \(stage.folder.path("started"))")],
            more: "[os_daemons]\nb = touch \(stage.folder.path("started"))\n[herald]\n\(herald)"
        )
    }

    @Test("An address that is taken ends the start with 69, file, line and hint; no child was started")
    func taken() async throws {
        let stage = try Stage()
        let server = try await stage.server()
        let configuration = try Self.configuration(stage, server, "listen = 127.0.0.1:\(server.port)")
        let herald = try HeraldProcess(["run", "-c", configuration])
        #expect(try await herald.waitForExit() == .status(69))
        let line = try #require(LineFile(configuration).lines.firstIndex(of: "listen = 127.0.0.1:\(server.port)")) + 1
        let errors = herald.stderr.filter { !$0.contains(" info: ") }
        #expect(errors.count == 1, "\(errors)")
        #expect(errors.first?.hasPrefix("\(configuration):\(line): listen: 127.0.0.1:\(server.port): ") ?? false)
        #expect(errors.first?.contains("another program listens") ?? false)
        #expect(errors.first?.contains("set another [herald] listen") ?? false)
        #expect(try !namesInFolder(stage.folder.path).contains("started"))
        #expect(herald.log("started, process").isEmpty && stage.state.stats.count(.root) == 0)
        #expect(try !namesInFolder(stage.stateFolder).contains("control.sock"))
        await server.stop()
    }

    @Test("A second herald with the same state_dir ends with 69, names the first, and harms nothing of it")
    func twice() async throws {
        let stage = try Stage()
        let play = try await stage.play([("a", stage.append("a"))], options: Stage.listening)
        let interface = try await Interface(play.herald, in: stage)
        let token = try interface.token
        let second = try await stage.command("run")
        #expect(second.exit == .status(69))
        let errors = second.stderr.filter { !$0.contains(" info: ") }
        #expect(errors.count == 1 && errors[0].contains(stage.stateFolder), "\(errors)")
        #expect(try interface.token == token)
        for way in Interface.Way.allCases {
            #expect(try await interface.status(by: way).herald.pid == play.herald.pid)
        }
        try await play.end()
    }

    @Test("The socket of a herald that was killed is told as nobody's, and replaced by the next one")
    func stale() async throws {
        let stage = try Stage()
        let server = try await stage.server()
        let configuration = try stage.configuration(
            url: server.url,
            notifiers: [("a", stage.append("a"))],
            more: Stage.listening
        )
        let first = try await stage.herald(configuration)
        let old = try await Interface(first, in: stage)
        first.send(signal: SIGKILL)
        #expect(try await first.waitForExit() == .signal(SIGKILL))
        #expect(try namesInFolder(stage.stateFolder).contains("control.sock"))
        let status = try await stage.command("status")
        #expect(status.exit == .status(69) && status.stderr[0].contains("nobody listens at \(old.socket) any more"))
        let second = try await stage.herald(configuration)
        let new = try await Interface(second, in: stage)
        #expect(try await new.status(by: .socket).herald.pid == second.pid)
        #expect(try await stage.command("status").exit == .status(0))
        second.terminate()
        #expect(try await second.waitForExit() == .status(0))
        await server.stop()
    }
}
