import CLinux
import Glibc
import TestSupport
import Testing

@testable import Control

@Suite("Listening, moving and stopping")
struct ListeningTests {
    private static let anyPort = ListenAddress(host: "127.0.0.1", port: 0)

    @Test("An address that is taken is told with what to do, and nothing is left behind")
    func taken() async throws {
        try await withStage { first in
            let stage = try Stage()
            let address = ListenAddress(host: "127.0.0.1", port: try await first.port)
            let fault = await #expect(throws: ControlFault.self) { try await stage.server.start(listen: address) }
            #expect(fault?.kind == .addressTaken)
            #expect(fault?.place == address.description)
            #expect(fault?.hint.contains("[herald] listen") == true)
            #expect(try namesInFolder(stage.folder.path) == ["token"])
        }
    }

    @Test(
        "An address that this machine does not have is told",
        arguments: ["192.0.2.1:1", "no-such-name.invalid:1"]
    )
    func unusable(address: String) async throws {
        let stage = try Stage()
        let fault = await #expect(throws: ControlFault.self) {
            try await stage.server.start(listen: ListenAddress(address))
        }
        #expect(fault?.kind == .addressUnusable)
        #expect(fault?.place == address)
    }

    @Test("A socket that a killed process left behind is replaced")
    func staleSocket() async throws {
        let stage = try Stage()
        let path = stage.folder.path("control.sock")
        try Self.listenAndDie(path)
        try stage.folder.makeFolder("socket")
        try Self.listenAndDie(stage.folder.path("socket/s"))
        try await stage.server.start(listen: nil)
        #expect(try await stage.socket().ask("GET", "/_up").status == 200)
        #expect(try namesInFolder(stage.folder.path) == ["control.sock", "token"])
        await stage.server.stop()
    }

    @Test("A socket that is served is left alone, and so is what is no socket")
    func livingSocket() async throws {
        try await withStage(listen: nil) { first in
            let second = try Stage(folder: first.folder)
            let fault = await #expect(throws: ControlFault.self) { try await second.server.start(listen: nil) }
            #expect(fault?.kind == .socket)
            #expect(try await first.socket().ask("GET", "/_up").status == 200)
        }
        let stage = try Stage()
        try stage.folder.write("control.sock", "mine")
        let fault = await #expect(throws: ControlFault.self) { try await stage.server.start(listen: nil) }
        #expect(fault?.message == "is no socket")
        #expect(try stage.folder.read("control.sock") == "mine")
    }

    @Test("The longest path that a socket may have works, a longer one is an error that says so")
    func longPath() async throws {
        let folder = try TemporaryFolder()
        for (length, isFine) in [(107, true), (108, false)] {
            let name = String(repeating: "x", count: length - "\(folder.path)//control.sock".utf8.count)
            let state = try folder.makeFolder(name)
            let server = ControlServer(StubService(), folder: state, logger: LogLines().logger)
            #expect(server.socketPath.utf8.count == length)
            if isFine {
                try await server.start(listen: nil)
                #expect(try await RawConnection(path: server.socketPath).ask("GET", "/_up").status == 200)
            } else {
                let fault = await #expect(throws: ControlFault.self) { try await server.start(listen: nil) }
                #expect(fault?.message.contains("107 bytes") == true)
            }
            await server.stop()
        }
    }

    @Test("It moves to another address, and a keep-alive connection of the old one ends")
    func move() async throws {
        try await withStage { stage in
            let old = try await stage.tcp()
            let oldPort = try await stage.port
            #expect(try await old.ask("GET", "/_up").status == 200)
            try await stage.server.move(to: ListenAddress(host: "localhost", port: 0))
            #expect(try await stage.port != oldPort)
            try await old.waitForClose()
            #expect(throws: TestFailure.self) { try RawConnection(port: oldPort) }
        }
    }

    @Test("It moves from one address to all of them with the same port")
    func moveOverItself() async throws {
        try await withStage { stage in
            let port = try await stage.port
            // The port was chosen for it; from now on it is the one that is asked for.
            try await stage.server.move(to: ListenAddress(host: "127.0.0.1", port: port))
            try await stage.server.move(to: ListenAddress(host: "0.0.0.0", port: port))
            #expect(try await stage.port == port)
            #expect(try await stage.tcp().ask("GET", "/_up").status == 401)
        }
    }

    @Test("Where the new address cannot be had the old one goes on")
    func moveFails() async throws {
        try await withStage { other in
            try await withStage { stage in
                let client = try await stage.tcp()
                let port = try await stage.port
                let taken = ListenAddress(host: "127.0.0.1", port: try await other.port)
                let fault = await #expect(throws: ControlFault.self) { try await stage.server.move(to: taken) }
                #expect(fault?.kind == .addressTaken)
                #expect(try await client.ask("GET", "/_up").status == 200)
                #expect(try await stage.port == port)
                #expect(try await stage.tcp().ask("GET", "/_up").status == 200)
            }
        }
    }

    @Test("TCP is switched off and on; the socket goes on")
    func switchedOff() async throws {
        try await withStage { stage in
            let port = try await stage.port
            try await stage.server.move(to: nil)
            #expect(throws: TestFailure.self) { try RawConnection(port: port) }
            #expect(await stage.server.address == nil)
            #expect(try await stage.socket().ask("GET", "/_up").status == 200)
            try await stage.server.move(to: Self.anyPort)
            #expect(try await stage.tcp().ask("GET", "/_up").status == 200)
        }
    }

    @Test("The request that moves the listener is answered by the one that was left")
    func answerAfterMove() async throws {
        try await withStage { stage in
            let client = try await stage.tcp()
            stage.service.stick()
            client.send("POST /_reload HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(try stage.token)\r\n\r\n")
            try await eventually { !stage.service.done.isEmpty }
            try await stage.server.move(to: ListenAddress(host: "127.0.0.2", port: 0))
            stage.service.unstick()
            #expect(try await client.answer().status == 200)
            try await client.waitForClose()
        }
    }

    @Test("More connections than there may be are closed, and room is made by those that end")
    func tooMany() async throws {
        try await withStage { stage in
            var clients: [RawConnection] = []
            for _ in 0..<100 {
                let client = try await stage.tcp()
                #expect(try await client.ask("GET", "/_up").status == 200)
                clients.append(client)
            }
            try await stage.tcp().waitForClose()
            #expect(try await stage.socket().ask("GET", "/_up").status == 200)
            clients.removeLast()
            try await eventually {
                let client = try await stage.tcp()
                return (try? await client.ask("GET", "/_up").status) == 200
            }
        }
    }

    @Test("A stop takes no more than two seconds, unless it is told otherwise")
    func stopLimits() {
        let limits = ControlServer.Limits()
        #expect(limits.grace + limits.parting <= .seconds(2))
    }

    @Test("Clients that ask nothing, or only half of it, do not make the stop wait")
    func stopBesideIdleClients() async throws {
        let limits = ControlServer.Limits(idle: .seconds(1000), grace: .patience)
        let stage = try Stage(limits: limits)
        try await stage.server.start(listen: Self.anyPort)
        let idle = try await stage.tcp()
        #expect(try await idle.ask("GET", "/_up").status == 200)
        let silent = try await stage.tcp()
        let half = try await stage.tcp()
        half.send("GET /_up HTTP/1.1\r\nHost: loc")
        // What was sent is with the server: this was accepted later, and is answered.
        #expect(try await stage.tcp().ask("GET", "/_up").status == 200)
        let duration = await ContinuousClock().measure { await stage.server.stop() }
        #expect(duration < limits.grace)
        for client in [idle, silent, half] { try await client.waitForClose() }
        #expect(throws: TestFailure.self) { try stage.socket() }
    }

    @Test("A client that does not finish its request holds the stop up for as long as requests may take, and no longer")
    func stopBesideSlowClient() async throws {
        let limits = ControlServer.Limits(idle: .seconds(1000), grace: .milliseconds(200), longGrace: .patience)
        let stage = try Stage(limits: limits)
        try await stage.server.start(listen: Self.anyPort)
        let halfBody = try stage.socket()
        halfBody.send("POST /_rewind HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        #expect(try await stage.socket().ask("GET", "/_up").status == 200)
        let duration = await ContinuousClock().measure { await stage.server.stop() }
        #expect(duration < limits.longGrace)
        try await halfBody.waitForClose()
    }

    @Test("A request under way is answered before the stop ends")
    func stopBesideRequest() async throws {
        let stage = try Stage(limits: ControlServer.Limits(grace: .patience))
        try await stage.server.start(listen: Self.anyPort)
        let client = try stage.socket()
        stage.service.stick()
        client.send("POST /_reload HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try await eventually { !stage.service.done.isEmpty }
        async let stop: Void = stage.server.stop()
        try await eventually { (try? stage.socket()) == nil }
        stage.service.unstick()
        #expect(try await client.answer().status == 200)
        await stop
    }

    @Test("A part of the service that does not come back has its time, and holds the stop up no longer")
    func stopBesideStuckRequest() async throws {
        let limits = ControlServer.Limits(idle: .seconds(1000), grace: .milliseconds(200), longGrace: .patience)
        let stage = try Stage(limits: limits)
        try await stage.server.start(listen: nil)
        let client = try stage.socket()
        stage.service.stick()
        client.send("POST /_reload HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try await eventually { !stage.service.done.isEmpty }
        let duration = await ContinuousClock().measure { await stage.server.stop() }
        #expect(duration >= limits.grace)
        #expect(duration < limits.longGrace)
        #expect(stage.log.lines.contains { $0.hasPrefix("warning") })
        try await client.waitForClose()
        stage.service.unstick()
    }

    @Test("It stops in the midst of a rush of connections, twenty times over")
    func stopInARush() async throws {
        for _ in 0..<20 {
            let stage = try Stage()
            try await stage.server.start(listen: Self.anyPort)
            let port = try await stage.port
            await withTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        while let client = try? RawConnection(port: port) {
                            guard (try? await client.ask("GET", "/_up")) != nil else { return }
                        }
                    }
                }
                group.addTask { await stage.server.stop() }
            }
            #expect(throws: TestFailure.self) { try RawConnection(port: port) }
        }
    }

    /// Makes the file of a socket that nobody listens at, as a process leaves it that is killed.
    private static func listenAndDie(_ path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + path.utf8
        address += repeatElement(0, count: 108 - path.utf8.count)
        let result = address.withUnsafeBytes {
            bind(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        guard result == 0, listen(descriptor, 1) == 0 else { throw TestFailure("bind \(path): errno \(errno)") }
    }
}
