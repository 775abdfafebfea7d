import CLinux
import Control
import Glibc
import TestSupport
import Testing

@Suite("Who gets in")
struct AccessTests {
    private static func mode(_ path: String) throws -> UInt32 {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw TestFailure("stat \(path): errno \(errno)") }
        return status.st_mode & 0o7777
    }

    @Test("On loopback the three are free, the rest needs the token")
    func loopback() async throws {
        try await withStage { stage in
            let client = try await stage.tcp()
            for path in ["/_up", "/_status", "/_metrics"] {
                #expect(try await client.ask("GET", path).status == 200)
            }
            let refused = try await client.ask("POST", "/_reload")
            #expect(refused.status == 401)
            #expect(refused.fields["www-authenticate"] == #"Bearer realm="herald""#)
            #expect(refused.body.hasPrefix(#"{"error":"unauthorized","#))
            #expect(try await client.ask("POST", "/_reload", [("Authorization", "Bearer x")]).status == 401)
            #expect(stage.service.done.isEmpty)
            #expect(try await client.ask("POST", "/_reload", [try stage.authorization]).status == 200)
        }
    }

    @Test("Requests that a foreign page had a browser send are refused, the token notwithstanding")
    func foreign() async throws {
        try await withStage { stage in
            let client = try await stage.tcp()
            let right = try stage.authorization
            for field in [("Host", "evil.example"), ("Origin", "null"), ("Origin", "http://evil.example")] {
                #expect(try await client.ask("GET", "/_up", [field]).status == 403)
                #expect(try await client.ask("POST", "/_reload", [field, right]).status == 403)
            }
            let twice = try await client.ask("GET", "/_up", [("Host", "localhost"), ("Host", "evil.example")])
            #expect(twice.status == 400)
            #expect(stage.service.done.isEmpty)
        }
    }

    @Test("A request without Host is refused")
    func withoutHost() async throws {
        try await withStage { stage in
            let client = try await stage.tcp()
            client.send("GET /_up HTTP/1.1\r\n\r\n")
            #expect(try await client.answer().status == 400)
        }
    }

    @Test("On all addresses looking needs the token too, and then any Host is fine")
    func everywhere() async throws {
        try await withStage(listen: ListenAddress(host: "0.0.0.0", port: 0)) { stage in
            let client = try await stage.tcp()
            #expect(try await client.ask("GET", "/_up").status == 401)
            let host = (name: "Host", value: "herald.example")
            #expect(try await client.ask("GET", "/_up", [host, try stage.authorization]).status == 200)
        }
    }

    @Test("It listens on IPv6")
    func ipv6() async throws {
        try await withStage(listen: ListenAddress("[::1]:0")) { stage in
            let client = try RawConnection(port: await stage.port, isIPv6: true)
            let host = "[::1]:\(try await stage.port)"
            #expect(try await client.ask("GET", "/_up", [("Host", host)]).status == 200)
        }
    }

    @Test("The socket and the token are their owner's, and nothing is left beside them")
    func modes() async throws {
        let stage = try Stage()
        try await stage.server.start(listen: nil)
        #expect(try namesInFolder(stage.folder.path) == ["control.sock", "token"])
        #expect(try Self.mode(stage.folder.path("control.sock")) == 0o600)
        #expect(try Self.mode(stage.folder.path("token")) == 0o600)
        #expect(try stage.folder.read("token").wholeMatch(of: /[0-9a-f]{64}\n/) != nil)
        // To it everything is open, whatever a request says of itself.
        let client = try stage.socket()
        #expect(try await client.ask("POST", "/_reload", [("Host", "x"), ("Origin", "null")]).status == 200)
        await stage.server.stop()
        #expect(try namesInFolder(stage.folder.path) == ["token"])
    }

    @Test("The token is made once, and no other is ever the same")
    func tokenIsKept() async throws {
        let folder = try TemporaryFolder()
        var tokens: [String] = []
        for _ in 0..<2 {
            let stage = try Stage(folder: folder)
            try await stage.server.start(listen: nil)
            tokens.append(try stage.token)
            await stage.server.stop()
        }
        #expect(tokens[0] == tokens[1])
        try await withStage(listen: nil) { other in
            let token = try other.token
            #expect(token != tokens[0])
        }
    }

    @Test("A token that a crash left half made does no harm")
    func halfMadeToken() async throws {
        let folder = try TemporaryFolder()
        try folder.write("token.new", "half")
        let stage = try Stage(folder: folder)
        try await stage.server.start(listen: nil)
        #expect(try stage.token.utf8.count == 64)
        #expect(try namesInFolder(folder.path) == ["control.sock", "token"])
        await stage.server.stop()
    }

    @Test("A new token counts from the moment it is written")
    func rotation() async throws {
        try await withStage { stage in
            let client = try await stage.tcp()
            let old = try stage.authorization
            try stage.folder.write("token", "fresh\n", mode: 0o600)
            #expect(try await client.ask("POST", "/_reload", [old]).status == 401)
            #expect(try await client.ask("POST", "/_reload", [("Authorization", "Bearer fresh")]).status == 200)
            // `curl -u :fresh`
            #expect(try await client.ask("POST", "/_reload", [("Authorization", "Basic OmZyZXNo")]).status == 200)
            unlink(stage.folder.path("token"))
            #expect(try await client.ask("POST", "/_reload", [old]).status == 500)
            #expect(try await client.ask("POST", "/_reload", [old]).status == 500)
            #expect(stage.log.lines.count { $0.hasPrefix("error") && $0.contains("/token: cannot be read") } == 1)
            #expect(!stage.log.lines.contains { $0.contains("fresh") })
        }
    }

    @Test("A named token file is used, and nothing is made; others' eyes on it are warned of")
    func namedFile() async throws {
        let folder = try TemporaryFolder()
        let stage = try Stage(folder: folder, tokenFile: folder.write("mine", "secret\r\n", mode: 0o644))
        try await stage.server.start(listen: ListenAddress(host: "127.0.0.1", port: 0))
        let fields = [(name: "Authorization", value: "Bearer secret")]
        #expect(try await stage.tcp().ask("POST", "/_reload", fields).status == 200)
        #expect(try namesInFolder(folder.path) == ["control.sock", "mine"])
        #expect(stage.log.lines.contains { $0.hasPrefix("warning \(folder.path("mine")): others than its owner") })
        // Another one may be named while it runs; one that is not there changes nothing.
        try folder.write("other", "else", mode: 0o600)
        try await stage.server.useToken(at: folder.path("other"))
        #expect(try await stage.tcp().ask("POST", "/_reload", fields).status == 401)
        await #expect(throws: ControlFault.self) { try await stage.server.useToken(at: folder.path("none")) }
        #expect(
            try await stage.tcp().ask("POST", "/_reload", [("Authorization", "Bearer else")]).status == 200
        )
        try await stage.server.useToken(at: nil)
        #expect(try await stage.tcp().ask("POST", "/_reload", [try stage.authorization]).status == 200)
        await stage.server.stop()
    }

    @Test(
        "A token file that is missing, empty or no token keeps Herald from starting",
        arguments: [nil, "", "\n", "a b"]
    )
    func badFile(content: String?) async throws {
        let folder = try TemporaryFolder()
        if let content { try folder.write("mine", content) }
        let stage = try Stage(folder: folder, tokenFile: folder.path("mine"))
        let fault = await #expect(throws: ControlFault.self) { try await stage.server.start(listen: nil) }
        #expect(fault?.kind == .token)
        #expect(fault?.place == folder.path("mine"))
        #expect(fault?.hint.contains("openssl rand -hex 32") == true)
        #expect(try !namesInFolder(folder.path).contains("control.sock"))
    }

    @Test("A made token that was emptied is not made anew by itself")
    func emptiedToken() async throws {
        let folder = try TemporaryFolder()
        try folder.write("token", "", mode: 0o600)
        let stage = try Stage(folder: folder)
        let fault = await #expect(throws: ControlFault.self) { try await stage.server.start(listen: nil) }
        #expect(fault?.message == "is empty")
        #expect(fault?.hint.contains("remove it") == true)
    }
}
