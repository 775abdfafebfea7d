import Glibc
import NIOConcurrencyHelpers
import PocketCouch
import TestSupport
import Testing

@Suite("A server that cannot be relied on")
struct UnreliableServerTests {
    private static let notifiers = ["plain", "rich", "sworn"]

    /// A server behind a proxy that spoils its answers, with the three kinds of notifier.
    private struct World {
        let stage: Stage
        let proxy: FaultProxy
        let herald: HeraldProcess
        let accounts: [Account]

        init(_ stage: Stage, port: Int, seed: UInt64) async throws {
            self.stage = stage
            proxy = try await FaultProxy(toward: port, seed: seed)
            herald = try await stage.herald(
                stage.configuration(
                    url: proxy.url,
                    source: "since = 0",
                    notifiers: [
                        ("plain", stage.append("plain")), ("rich", stage.append("rich")),
                        ("sworn", CatchingUpTests.sworn),
                    ],
                    more: """
                        [notifier:rich]
                        detail = change
                        [notifier:sworn]
                        detail = change
                        confirm = yes
                        """,
                    heartbeat: "200ms"
                )
            )
            accounts = notifiers.map { Account(stage, $0, isRich: $0 != "plain") }
        }

        /// Waits until all are told all, and expects that nothing was told that never was.
        func settle(_ truth: Truth) async throws {
            for account in accounts {
                do {
                    try await eventually(
                        "\(account.name) has everything",
                        every: .milliseconds(20)
                    ) {
                        try account.missing(truth).isEmpty
                    }
                } catch {
                    Issue.record("\(account.name) lacks \(try account.missing(truth).prefix(20)): \(error)")
                }
                #expect(account.faults.isEmpty, "\(account.name): \(account.faults.prefix(5))")
            }
        }
    }

    /// Half of the answers are cut, one in ten is 503, and one in twenty is never heard the end of: always the same for
    /// the same seed and request.
    private static func faults(_ request: WireRequest, seed: UInt64) -> ProxyFaults {
        var random = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(request.number))
        let dice = Int.random(in: 0..<100, using: &random)
        return .with { faults in
            switch dice {
            case ..<10:
                faults.unavailablePercent = 100
                faults.retryAfter = nil
            case ..<15: faults.isStalled = true
            case ..<65:
                let isFeed = request.path.hasSuffix("/_changes")
                // Behind the head, mostly: at some place of some row.
                faults.cut = .init(
                    after: Int.random(in: isFeed ? 150..<6000 : 0..<500, using: &random),
                    reset: Bool.random(using: &random)
                )
            default: break
            }
        }
    }

    @Test(
        "Its answers are cut, refused and held up, it restarts, databases come and go: nothing is lost, at little cost",
        arguments: [1, 2, 3] as [UInt64]
    )
    func unreliable(seed: UInt64) async throws {
        let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
        var truth = Truth(stage.state, seed: seed)
        for name in ["a", "b", "c"] { try truth.create(name) }
        var server = try await stage.server()
        let port = server.port
        let world = try await World(stage, port: port, seed: seed)
        world.proxy.setRule { Self.faults($0, seed: seed) }
        let (start, before) = (ContinuousClock.now, try Resources(of: world.herald.pid))
        var round = 0
        try await eventually("it has met enough faults", every: .milliseconds(10)) {
            round += 1
            switch Int.random(in: 0..<10, using: &truth.random) {
            case 0: try truth.writeDesign()
            case 1: try truth.deleteSome()
            case 2: try truth.comeOrGo(["c", "x", "y", "z"])
            default: try truth.writeSome(20, of: 300)
            }
            // Feeds that were let through would flow for ever.
            if round.isMultiple(of: 25) { await world.proxy.cutAll() }
            if round.isMultiple(of: 100), round <= 300 {
                await server.stop()
                server = try await stage.server(port: port)
            }
            return round >= 400 && world.proxy.counts.cuts > 50 && world.proxy.counts.unavailable > 0
        }
        let (spent, after) = (ContinuousClock.now - start, try Resources(of: world.herald.pid))
        let counts = world.proxy.counts
        world.proxy.setRule(nil)
        try await world.settle(truth)

        // Waits begin at 100 ms for each database: it asks for that long, not for as long as the server answers wrongly.
        let seconds = spent / .seconds(1)
        #expect(Double(counts.requests) / seconds < 100)
        #expect((after.cpu - before.cpu) / .seconds(1) < 0.5 * seconds)
        world.herald.terminate()
        #expect(try await world.herald.waitForExit() == .status(0))
        await server.stop()
    }

    @Test("Of a server whose every answer is cut it asks ever more rarely, and uses next to no processor")
    func allCut() async throws {
        let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
        var truth = Truth(stage.state, seed: 1)
        for number in 0..<20 { try truth.create("db\(number)") }
        let server = try await stage.server()
        let world = try await World(stage, port: server.port, seed: 1)
        try await world.settle(truth)
        world.proxy.setRule { request in .with { $0.cut = .init(after: 60 + request.number % 200) } }
        await world.proxy.cutAll()
        let (requests, before) = (world.proxy.counts.requests, try Resources(of: world.herald.pid))
        for number in 0..<20 { try truth.write(["x", "y"], in: "db\(number)") }
        // What is to be seen is what does not happen in some time.
        try await Task.sleep(for: .seconds(3))
        let after = try Resources(of: world.herald.pid)
        #expect(world.proxy.counts.requests - requests < 250)
        #expect(after.cpu - before.cpu < .milliseconds(500))
        world.proxy.setRule(nil)
        try await world.settle(truth)
        world.herald.terminate()
        #expect(try await world.herald.waitForExit() == .status(0))
        await server.stop()
    }

    @Test("That the server is away is noticed also where no feed is open to break")
    func awayWithoutDatabases() async throws {
        let stage = try Stage()
        let server = try await stage.server()
        let configuration = try stage.configuration(url: server.url, notifiers: [("all", "cat")], rescan: "1h")
        let herald = try await stage.herald(configuration)
        try await eventually("the bell is connected") {
            stage.state.stats.openBellFeeds > 0
        }
        await server.stop()
        try await herald.waitForLine(containing: "no server at")
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
    }
}
