import Glibc
import NIOConcurrencyHelpers
import PocketCouch
import TestSupport
import Testing

@Suite("Clocks that jump")
struct ClockTests {
    /// The time of day of the server's machine, which the test sets as it likes.
    private static func clock(_ now: NIOLockedValueBox<Int>) -> WallClock {
        { now.withLockedValue { $0 } }
    }

    private static let year = 365 * 86_400 * 1_000_000

    @Test("The server's clock jumps back and forth by years: lives are told apart, and nothing is lost")
    func serverJumps() async throws {
        let now = NIOLockedValueBox(1_795_218_688_000_000)
        let stage = try Stage(state: CouchState(clock: Self.clock(now)))
        let server = try await stage.server()
        let configuration = try stage.configuration(
            url: server.url,
            source: "since = 0",
            notifiers: [("rich", stage.append("rich")), ("sworn", CatchingUpTests.sworn)],
            more: "[notifier:rich]\ndetail = change\n[notifier:sworn]\ndetail = change\nconfirm = yes"
        )
        var truth = Truth(stage.state, seed: 1)
        let herald = try await stage.herald(configuration)
        let accounts = ["rich", "sworn"].map { Account(stage, $0, isRich: true) }
        for jump in [-10, 20, -30, 1, 40] {
            now.withLockedValue { $0 += jump * Self.year }
            if truth.databases["d"] != nil { try truth.delete("d") }
            try truth.create("d")
            for round in 0..<5 {
                now.withLockedValue { $0 -= Self.year }
                try truth.write(["x\(round)", "y"], in: "d")
            }
            for account in accounts {
                try await eventually("\(account.name) has everything") {
                    try account.missing(truth).isEmpty
                }
                #expect(account.faults.isEmpty, "\(account.faults)")
            }
        }
        for account in accounts {
            let turns = Array(repeating: ["created", "deleted"], count: 5).flatMap(\.self).dropLast()
            #expect(account.lifeLines["d"] == Array(turns))
        }
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }
}
