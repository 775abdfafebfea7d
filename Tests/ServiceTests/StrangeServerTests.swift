import NIOConcurrencyHelpers
import PocketCouch
import TestSupport
import Testing

@Suite("Servers that are none")
struct StrangeServerTests {
    private static func answer(type: String, _ body: String) -> WireReplayer.Answer {
        .bytes(
            Array(
                """
                HTTP/1.1 200 OK\r
                Content-Type: \(type)\r
                Content-Length: \(body.utf8.count)\r
                \r
                \(body)
                """.utf8
            )
        )
    }

    @Test(
        "What is no CouchDB is told with a hint and asked again, ever more rarely; the real one is followed once it answers",
        arguments: [
            (
                "application/json", #"{"name":"elsewhere","cluster_name":"search"}"#,
                "it is no CouchDB; GET / says: {\"name\""
            ),
            ("text/html", "<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>", "it answers HTML"),
            ("text/plain", "hello \u{1B}[31m there", "it is no CouchDB; GET / says: hello \\u001B[31m there"),
            ("application/json", "", "it is no CouchDB"),
        ]
    )
    func noCouchDB(type: String, body: String, told: String) async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        var replayer: WireReplayer? = try await WireReplayer { _ in Self.answer(type: type, body) }
        let port = try #require(replayer?.port)
        let herald = try HeraldProcess([
            "run", "-c",
            stage.configuration(url: "http://127.0.0.1:\(port)", notifiers: [("all", stage.append("all"))]),
        ])
        let line = try await herald.waitForLine(containing: told)
        #expect(line.contains("Z warning: ") && line.contains("trying again in"))
        try await eventually("it is asked again") { replayer?.requests.count ?? 0 >= 4 }
        #expect(replayer?.requests.allSatisfy { $0.method == "GET" && $0.path == "/" } == true)
        // Said once, not each time.
        #expect(herald.log(told).count == 1)

        try await replayer?.stop()
        replayer = nil
        let server = try await stage.server(port: port)
        try await herald.waitForLine(containing: "databases on the server")
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        try stage.state.put("x", in: "d")
        #expect(try await stage.lines("all").waitForLines(1) == [Notice.updated("d")])
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }

    @Test("A server that is no CouchDB is not asked in a hot loop")
    func patient() async throws {
        let stage = try Stage()
        let replayer = try await WireReplayer { _ in .json(status: 200, #"{"name":"elsewhere"}"#) }
        let herald = try HeraldProcess([
            "run", "-c", stage.configuration(url: replayer.url, notifiers: [("all", stage.append("all"))]),
        ])
        try await herald.waitForLine(containing: "it is no CouchDB")
        try await Task.sleep(for: .seconds(3))
        // Waits of up to 100, 200, ... ms: more than 20 within 3 s are as good as impossible.
        #expect(replayer.requests.count < 25)
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
    }

    /// A feed of these lines, which stays open.
    private static func feed(_ lines: [String]) -> WireReplayer.Answer {
        var bytes = Array(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".utf8
        )
        for line in lines {
            bytes += Array("\(String(line.utf8.count + 1, radix: 16))\r\n\(line)\n\r\n".utf8)
        }
        return .bytes(bytes)
    }

    private static func row(_ number: Int) -> String {
        #"{"seq":"\#(number)-x","id":"doc\#(number)","changes":[{"rev":"1-a"}]}"#
    }

    @Test(
        "A feed of garbage, and a row without id, are logged and tried again with back-off, not in a hot loop",
        arguments: [
            "this is no row", #"{"seq":"1-x","changes":[{"rev":"1-a"}]}"#, "\u{1F}\u{8B}\u{8}\u{0}garbage", "[]", "{",
            #"{"id":"doc","changes":[]}"#, "<html>",
        ]
    )
    func garbage(line: String) async throws {
        let stage = try Stage()
        let isHealed = NIOLockedValueBox(false)
        let server = try await PlayedServer(feeds: []) { request in
            guard request.path == "/d/_changes" else { return nil }
            guard isHealed.withLockedValue({ $0 }) else { return Self.feed([line]) }
            return Self.feed(request.query("since") == "1-x" ? [""] : [Self.row(1)])
        }
        let herald = try await stage.herald(
            stage.configuration(url: server.replayer.url, notifiers: [("all", stage.append("all"))], heartbeat: "30s")
        )
        let warning = try await herald.waitForLine(containing: "database d: the feed failed ")
        #expect(warning.contains("Z warning: ") && warning.contains("a line that is no row"))
        let start = (time: ContinuousClock.now, count: server.feedRequests.count)
        try await Task.sleep(for: .seconds(1))
        let seconds = (ContinuousClock.now - start.time) / .seconds(1)
        #expect(Double(server.feedRequests.count - start.count) < 5 + 3 * seconds)
        #expect(herald.log("the feed failed ").count == 1)
        #expect(stage.lines("all").lines.isEmpty)

        isHealed.withLockedValue { $0 = true }
        #expect(try await stage.lines("all").waitForLines(1) == [Notice.updated("d")])
        try await herald.waitForLine(containing: "database d: the feed flows again")
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
    }

    @Test("Rows before the garbage are told once, and the feed is opened again behind the last of them")
    func afterWholeRows() async throws {
        let stage = try Stage()
        let server = try await PlayedServer(feeds: []) { request in
            guard request.path == "/d/_changes" else { return nil }
            return switch request.query("since") {
            case "3-x": Self.feed([""])
            case "2-x": Self.feed([Self.row(3)])
            default: Self.feed([Self.row(1), Self.row(2), #"{"seq":"3-x","changes":[]}"#, Self.row(4)])
            }
        }
        let herald = try await stage.herald(
            stage.configuration(url: server.replayer.url, notifiers: [("all", stage.append("all"))], heartbeat: "30s")
        )
        let lines = try await stage.lines("all").waitForLines(3)
        #expect(lines == Array(repeating: Notice.updated("d"), count: 3))
        #expect(server.feedRequests.contains { $0.query("since") == "2-x" })
        #expect(!server.feedRequests.contains { $0.query("since") == "4-x" })
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
    }
}
