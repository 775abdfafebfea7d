import NIOConcurrencyHelpers
import PocketCouch
import TestSupport
import Testing

@testable import Curl

/// Takes a feed in, and does with each piece what it is told to.
@CurlLoop
private final class Taker: TransferDelegate {
    private(set) var body: [UInt8] = []
    private(set) var head: ResponseHead?
    private(set) var end: TransferEnd?
    private(set) var refusals = 0
    var reception: @CurlLoop (Taker) -> Reception
    lazy var transfer = Transfer(request, delegate: self)
    private let request: Request

    init(_ url: String, reception: @escaping @CurlLoop (Taker) -> Reception = { _ in .taken }) {
        request = Request(url: url)
        self.reception = reception
    }

    func transfer(_ transfer: Transfer, answered head: ResponseHead) { self.head = head }

    func transfer(_ transfer: Transfer, received bytes: UnsafeRawBufferPointer) -> Reception {
        let reception = reception(self)
        if reception == .taken { body.append(contentsOf: bytes) } else { refusals += 1 }
        return reception
    }

    func transfer(_ transfer: Transfer, ended end: TransferEnd) { self.end = end }

    var text: String { String(decoding: body, as: UTF8.self) }
}

@Suite("One conversation")
struct TransferTests {
    private static func server() async throws -> PocketCouch {
        let server = PocketCouch()
        try await server.start()
        try server.state.createDatabase("d")
        return server
    }

    @Test("Questions are answered, whatever the method and the status")
    func questions() async throws {
        let server = try await Self.server()
        let info = try await HTTPClient.send(Request(url: server.url + "/d"))
        #expect(info.head.status == 200)
        #expect(info.head.contentType == "application/json")
        #expect(String(decoding: info.body, as: UTF8.self).contains(#""db_name":"d""#))
        var put = Request(url: server.url + "/d/x")
        put.method = "PUT"
        put.body = Array(#"{"a":1}"#.utf8)
        #expect(try await HTTPClient.send(put).head.status == 201)
        #expect(try await HTTPClient.send(Request(url: server.url + "/none")).head.status == 404)
        await server.stop()
    }

    @Test("Many questions at once are all answered")
    func many() async throws {
        let server = try await Self.server()
        let url = server.url + "/d"
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await HTTPClient.send(Request(url: url)).head.status } }
            return try await group.reduce(0) { count, status in count + (status == 200 ? 1 : 0) }
        }
        #expect(answered == 100)
        await server.stop()
    }

    @Test("A free connection is used again, unless a new one is wanted")
    func newConnections() async throws {
        let server = try await Self.server()
        let proxy = try await FaultProxy(toward: server.port)
        var request = Request(url: proxy.url + "/d")
        for _ in 0..<3 { #expect(try await HTTPClient.send(request).head.status == 200) }
        #expect(proxy.counts.connections == 1)
        request.wantsNewConnection = true
        #expect(try await HTTPClient.send(request).head.status == 200)
        #expect(proxy.counts.connections == 2)
        await server.stop()
    }

    @Test("A port that refuses, and a name that nobody has, are failures that say so")
    func unreachable() async throws {
        let server = try await Self.server()
        let url = server.url
        await server.stop()
        await #expect(throws: TransferFailure.self) { try await HTTPClient.send(Request(url: url)) }
        do {
            _ = try await HTTPClient.send(Request(url: url))
        } catch {
            #expect(error.kind == .refused)
            #expect(error.message.contains("refused"))
        }
    }

    @Test("Bytes that are refused come again, all of them, once the transfer is resumed")
    func pause() async throws {
        let server = try await Self.server()
        for number in 0..<50 { try server.state.put("\(number)", in: "d") }
        let taker = await Taker(server.url + "/d/_changes?feed=continuous&timeout=1") { taker in
            taker.refusals < 3 ? .notNow : .taken
        }
        await taker.transfer.start()
        for refusals in 1...3 {
            try await eventually("refusal \(refusals)") { await taker.refusals == refusals }
            await taker.transfer.resume()
        }
        try await eventually("the end") { await taker.end == .complete }
        let lines = await taker.text.split(separator: "\n")
        #expect(lines.count { $0.hasPrefix(#"{"seq":"#) } == 50)
        await server.stop()
    }

    @Test("Nothing is said any more after cancelling, also when that is done from inside a callback")
    func cancelFromWithin() async throws {
        let server = try await Self.server()
        try server.state.put("x", in: "d")
        let taker = await Taker(server.url + "/d/_changes?feed=continuous&heartbeat=50") { taker in
            taker.transfer.cancel()
            return .taken
        }
        await taker.transfer.start()
        try await eventually("the feed is closed") {
            let head = await taker.head
            return head != nil && server.state.stats.openFeeds == 0
        }
        #expect(await taker.end == nil)
        await server.stop()
    }

    @Test("A receiver that has had enough ends the conversation")
    func enough() async throws {
        let server = try await Self.server()
        let taker = await Taker(server.url + "/d/_changes?feed=continuous&heartbeat=50") { _ in .enough }
        await taker.transfer.start()
        try await eventually("the end") { await taker.end != nil }
        guard case .failed(let failure) = await taker.end else { return #expect(Bool(false), "it was complete") }
        #expect(failure.kind == .abandoned)
        await server.stop()
    }

    @Test("An answer that is cut is told from one that is whole")
    func cut() async throws {
        let server = try await Self.server()
        let taker = await Taker(server.url + "/d/_changes?feed=continuous&heartbeat=50")
        await taker.transfer.start()
        try await eventually("a heartbeat") { await !taker.body.isEmpty }
        await server.stop()
        try await eventually("the end") { await taker.end != nil }
        guard case .failed(let failure) = await taker.end else { return #expect(Bool(false), "it was complete") }
        #expect(failure.kind == .cut)
    }

    @Test("A conversation that takes too long is given up")
    func timeout() async throws {
        let replayer = try await WireReplayer { _ in .silence }
        var request = Request(url: replayer.url)
        request.timeout = .milliseconds(100)
        do {
            _ = try await HTTPClient.send(request)
            #expect(Bool(false), "it was answered")
        } catch {
            #expect(error.kind == .timedOut)
        }
        try await replayer.stop()
    }

    @Test("A Unix socket is asked instead of the host, which is named all the same")
    func unixSocket() async throws {
        let folder = try TemporaryFolder()
        let socket = folder.path("s.sock")
        let replayer = try await WireReplayer(unixSocket: socket) { request in
            .json(status: 200, #"{"host":"\#(request.header("Host") ?? "")"}"#)
        }
        var request = Request(url: "http://herald/_status")
        request.unixSocket = socket
        let response = try await HTTPClient.send(request)
        #expect(String(decoding: response.body, as: UTF8.self) == #"{"host":"herald"}"# + "\n")
        #expect(replayer.requests.map(\.target) == ["/_status"])
    }

    @Test("A Unix socket where nobody listens refuses; one with a path too long for the system says so")
    func unreachableSocket() async throws {
        let folder = try TemporaryFolder()
        var request = Request(url: "http://herald/")
        request.unixSocket = folder.path("none")
        await #expect { try await HTTPClient.send(request) } throws: { error in
            (error as? TransferFailure)?.kind == .refused
        }
        let long = "/" + String(repeating: "x", count: 107)
        request.unixSocket = long
        await #expect { try await HTTPClient.send(request) } throws: { error in
            let message = (error as? TransferFailure)?.message ?? ""
            return message.contains("108 bytes") && message.contains("107 at the most") && message.contains(long)
        }
    }
}
