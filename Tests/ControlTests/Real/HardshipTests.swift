import Status
import TestSupport
import Testing

@testable import Control

@Suite("What the control interface lives through")
struct HardshipTests {
    @Test("A client that asks, and does not read the answers, loses its place to another")
    func unreadAnswers() async throws {
        let request = "GET /_status HTTP/1.1\r\nHost: localhost\r\n\r\n"
        try await expectCut(asking: request + request + request)
    }

    @Test("A client that asks on after its last request, and does not hang up, loses its place to another")
    func noEnd() async throws {
        let last = "GET /_up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        try await expectCut(asking: last + "GET /_up HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }
}

/// Whoever asks like this does not keep its place, the only one that there is.
private func expectCut(asking text: String) async throws {
    let limits = ControlServer.Limits(connections: 1, idle: .milliseconds(300))
    try await withStage(listen: nil, limits: limits) { stage in
        // More than the system keeps for a client that does not read.
        stage.service.setReport { $0.herald.version = String(repeating: "x", count: 1 << 20) }
        let client = try stage.socket()
        client.send(text)
        try await eventually("its request arrives") { stage.service.reports > 0 }
        try await eventually("another gets its place") {
            (try? await stage.socket().ask("GET", "/_up").status) == 200
        }
        // It held on to it until now.
        try await client.waitForClose()
    }
}
