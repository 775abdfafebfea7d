import PocketCouch
import Testing

@testable import TestSupport

@Suite("The proxy that spoils answers")
struct FaultProxyTests {
    /// What many requests for the same 20 rows came to.
    private func ends(_ proxy: FaultProxy, requests: Int) async throws -> (whole: Int, cut: Int, refused: Int) {
        var ends = (whole: 0, cut: 0, refused: 0)
        for _ in 0..<requests {
            let client = try RawClient(port: proxy.port)
            client.request("GET", "/d/_changes")
            let answer = try? await client.wait { $0.isComplete }
            if answer?.status == 503 {
                ends.refused += 1
            } else if answer != nil {
                ends.whole += 1
            } else {
                // That it was cut is what made the wait end: a deadline would have taken longer than the whole test may.
                #expect(client.isClosedByServer)
                #expect(client.received.last != UInt8(ascii: "\n"))
                ends.cut += 1
            }
        }
        return ends
    }

    private func withProxy(seed: UInt64, _ body: (FaultProxy) async throws -> Void) async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try state.bulk((0..<20).map { ("document-\($0)", "{}") }, in: "d")
        try await withServer(state: state) { server in
            try await body(try await FaultProxy(toward: server.port, seed: seed))
        }
    }

    @Test("Half of the answers are cut within a line and a tenth refused, the same ones for the same seed")
    func cuts() async throws {
        try await withProxy(seed: 7) { proxy in
            proxy.set(
                .with { faults in
                    faults.cutPercent = 50
                    faults.unavailablePercent = 10
                    faults.places = 300...2500
                }
            )
            let first = try await ends(proxy, requests: 60)
            #expect((20...40).contains(first.cut))
            #expect((1...15).contains(first.refused))
            #expect(first.whole > 10)
            #expect(proxy.counts.cuts == first.cut)
            #expect(proxy.counts.unavailable == first.refused)
            try await withProxy(seed: 7) { other in
                other.set(
                    .with { faults in
                        faults.cutPercent = 50
                        faults.unavailablePercent = 10
                        faults.places = 300...2500
                    }
                )
                let second = try await ends(other, requests: 60)
                #expect(second == first)
            }
        }
    }

    @Test("An answer that stalls says nothing more, and its connection stays open")
    func stalls() async throws {
        try await withProxy(seed: 1) { proxy in
            proxy.set(
                .with { faults in
                    faults.stallPercent = 100
                    faults.places = 400...400
                }
            )
            let client = try RawClient(port: proxy.port)
            client.request("GET", "/d/_changes")
            try await eventually { proxy.counts.stalls == 1 }
            #expect(proxy.counts.bytesDown >= 400 && proxy.counts.bytesDown < 500)
            client.receive()
            #expect(!client.isClosedByServer)
            #expect(proxy.counts.open == 1)
        }
    }

    @Test("Requests are counted by their paths")
    func paths() async throws {
        try await withProxy(seed: 1) { proxy in
            let client = try RawClient(port: proxy.port)
            for target in ["/", "/d", "/d/_changes?limit=1", "/d/_changes?limit=2"] {
                _ = try await client.exchange("GET", target)
            }
            #expect(proxy.counts.paths == ["/": 1, "/d": 1, "/d/_changes": 2])
        }
    }

    @Test("A cut within a line comes later where it would come behind one")
    func withinLine() {
        func place(_ after: Int, _ text: String, passed: Int = 0) -> Int? {
            ProxyFaults.Cut(after: after, isWithinLine: true).place(in: Array(text.utf8)[...], passed: passed)
        }
        #expect(place(2, "abc\ndef") == 2)
        #expect(place(4, "abc\ndef") == 5)
        #expect(place(4, "abc\n\n\ndef") == 7)
        #expect(place(4, "abc\n") == nil)
        #expect(place(4, "def", passed: 4) == 1)
        #expect(place(4, "\ndef", passed: 4) == 2)
        #expect(place(9, "abc\n") == nil)
        #expect(ProxyFaults.Cut(after: 4).place(in: Array("abc\n".utf8)[...], passed: 0) == 4)
    }
}
