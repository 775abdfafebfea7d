import Glibc
import TestSupport
import Testing

@Suite("herald demo")
struct DemoTests {
    /// It would go on for ever if whoever runs the tests is killed in their midst.
    private static let demo = ["demo", "--seconds", "120"]

    @Test("The demo shows its story as each notifier receives it, and how to go on; SIGINT ends it at once with 0")
    func story() async throws {
        let demo = try HeraldProcess(Self.demo)
        try await demo.waitForLine(containing: "curl -X DELETE http://127.0.0.1:", on: .stdout)
        try await demo.waitForLine(containing: "/mine/_changes", on: .stdout)
        let shown = demo.stdout.map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
        func received(_ notifier: String) -> [String] {
            shown.filter { $0.count == 2 && $0[0] == notifier }
                .map { String($0[1].drop { $0 == " " }) }
                .filter { $0.hasPrefix("{") }
        }
        let updated = Notice.updated("orders")
        let design = Notice.designUpdated("orders", "_design/totals")
        #expect(
            received("everything")
                == [Notice.created("orders"), updated, updated, design, updated, updated, updated]
                + [Notice.deleted("orders")]
        )
        #expect(received("orders") == Array(repeating: updated, count: 5))
        #expect(received("designs") == [design])
        #expect(demo.stderr.isEmpty)
        let url = try #require(demo.stdout.first { $0.contains("http://127.0.0.1:") })
        #expect(url.contains("listens on http://127.0.0.1:"))

        demo.send(signal: SIGINT)
        #expect(try await demo.waitForExit() == .status(0))
    }

    @Test("It ends in the midst of the story too, by SIGTERM and SIGINT", arguments: [SIGTERM, SIGINT])
    func interrupted(signal: Int32) async throws {
        let demo = try HeraldProcess(Self.demo)
        // The first notice: before it a signal may find the demo not yet up, as in any program that starts.
        try await demo.waitForLine(containing: #"{"type":"created""#, on: .stdout)
        demo.send(signal: signal)
        #expect(try await demo.waitForExit() == .status(0))
    }

    @Test("With --seconds it ends by itself, with 0 and not before")
    func seconds() async throws {
        let start = ContinuousClock.now
        let demo = try HeraldProcess(["demo", "--seconds", "2"])
        #expect(try await demo.waitForExit() == .status(0))
        #expect(ContinuousClock.now - start >= .seconds(2))
        #expect(demo.stderr.isEmpty)
    }
}
