import Glibc
import Status
import TestSupport
import Testing

@testable import Control

@Suite("What the control interface lives through")
struct HardshipTests {
    @Test("Where no file descriptor is left it says so once, and takes those that wait when there is one again")
    func noDescriptors() async throws {
        await #expect(processExitsWith: .success) {
            try await withStage(listen: nil) { stage in
                let first = try stage.socket()
                #expect(try await first.ask("GET", "/_up").status == 200)
                // Dispatch takes its timers when the first task sleeps, and ends the process where it gets none.
                try await Task.sleep(for: .milliseconds(100))
                var taken = takeAllDescriptors()
                close(taken.removeLast())
                // That was the last one.
                let waiting = try stage.socket()
                waiting.send("GET /_up HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await eventually { stage.log.lines.contains { $0.contains("raise the limit of open files") } }
                #expect(try await first.ask("GET", "/_up").status == 200)
                for descriptor in taken { close(descriptor) }
                #expect(try await waiting.answer().status == 200)
                #expect(stage.log.lines.count { $0.hasPrefix("warning") } == 1)
                #expect(try await stage.socket().ask("GET", "/_up").status == 200)
            }
        }
    }

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
