import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@Suite("Another [source]")
struct ReloadSourceTests {
    private static let admin = PocketCouch.Credentials(name: "admin", password: "s3cret-pass")

    /// `a` reads at once and `slow` is frozen: what it was given waits for it.
    private struct Case {
        var play: LivePlay
        var truth: Truth
        let accounts: [Account]
        let pids: [Int32]
        let slow: RunningProcess

        init(seed: UInt64, _ prepare: (inout LiveConfiguration) -> Void = { _ in }) async throws {
            let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
            truth = Truth(stage.state, seed: seed)
            for name in ["d", "e", "gone", "phoenix"] { try truth.create(name) }
            var options = PocketCouch.Configuration()
            options.admin = ReloadSourceTests.admin
            play = try await LivePlay(stage, ["a", "slow"], server: options) {
                $0.url = $0.url.replacing("://", with: "://admin:s3cret-pass@")
                prepare(&$0)
            }
            accounts = ["a", "slow"].map { Account(stage, $0, isRich: true) }
            for account in accounts { try await play.wait(for: account, truth) }
            pids = [try await play.pid(of: "a"), try await play.pid(of: "slow")]
            slow = try await play.process(of: "slow")
        }

        /// More than a pipe holds.
        mutating func writeMuch() throws {
            for _ in 0..<100 { try truth.writeSome(20, of: 3000) }
            try truth.writeDesign()
        }

        /// Nobody has lost anything, nor been told anything twice or untruly, by the process that it had.
        func expectAll() async throws {
            for (account, pid) in zip(accounts, pids) {
                try await play.wait(for: account, truth)
                let faults = account.faults.prefix(5)
                #expect(faults.isEmpty && account.repeats == 0, "\(account.name): \(account.repeats) \(faults)")
                #expect(try await play.pid(of: account.name) == pid, "\(play.herald.transcript)")
                #expect(play.herald.log("notifier \(account.name) started").count == 1)
            }
        }
    }

    @Test(
        "Feeds are opened anew, and notifiers keep their process; what waits for one of them is given once",
        arguments: ["heartbeat", "address", "port", "credentials", "several"]
    )
    func reconnects(what: String) async throws {
        var some = try await Case(seed: 1)
        let proxy = try await FaultProxy(toward: some.play.server.port)
        let url = some.play.configuration.url
        let (port, bareURL) = (some.play.server.port, some.play.server.url)
        try await some.slow.freeze()
        try some.writeMuch()
        try await some.play.wait(for: some.accounts[0], some.truth)
        for round in 0..<4 {
            let isOdd = round % 2 == 0
            let changes = try await some.play.reload { configuration in
                switch what {
                case "heartbeat": configuration.heartbeat = isOdd ? "2s" : "1s"
                case "address": configuration.url = isOdd ? url.replacing("127.0.0.1", with: "localhost") : url
                case "port": configuration.url = isOdd ? url.replacing("\(port)", with: "\(proxy.port)") : url
                case "credentials":
                    // With these it is not let in.
                    configuration.url = isOdd ? bareURL : url
                    configuration.source = isOdd ? "since = 0\nusername = admin\npassword = wrong" : "since = 0"
                default:
                    configuration.heartbeat = "\(round + 1)s"
                    configuration.url = isOdd ? url.replacing("127.0.0.1", with: "localhost") : url
                    configuration.source = "since = 0\nrescan = \(round + 2)s"
                }
            }
            #expect(changes == ["source: changed; its feeds are opened again"])
            // While the next hub begins: what is gone and back is told to be, once.
            if round < 2 {
                for name in ["phoenix", "gone"] { try some.truth.delete(name) }
                if round == 0 { try some.truth.create("gone") }
                try some.truth.create("phoenix")
                try some.truth.write(["again\(round)"], in: "phoenix")
            }
            try some.writeMuch()
        }
        try await some.play.wait(for: some.accounts[0], some.truth)
        some.slow.thaw()
        try await some.expectAll()
        #expect(some.play.herald.log("info: found: ").count >= 2)
        try await some.play.end()
    }

    @Test("Databases that are followed no more are left, and gone on with when they are again")
    func databases() async throws {
        var some = try await Case(seed: 2)
        try await some.slow.freeze()
        try some.writeMuch()
        try await some.play.wait(for: some.accounts[0], some.truth)
        try await some.play.reload { $0.source = "since = 0\ndatabases = d" }
        try some.writeMuch()
        for name in ["phoenix", "gone"] { try some.truth.delete(name) }
        try some.truth.create("phoenix")
        try some.truth.write(["again"], in: "phoenix")
        try some.truth.write(["here"], in: "d")
        try await some.play.stage.lines("a").waitForLine(containing: #""id":"here""#)
        #expect(!some.play.stage.lines("a").lines.contains { $0.contains("again") })
        try await some.play.reload { $0.source = "since = 0" }
        try await some.play.wait(for: some.accounts[0], some.truth)
        some.slow.thaw()
        try await some.expectAll()
        try await some.play.end()
    }

    @Test("Another server is an error in the log and the status, and all is well when the first one is back")
    func otherServer() async throws {
        var some = try await Case(seed: 3)
        let otherStage = try Stage()
        try otherStage.state.createDatabase("d")
        try otherStage.state.put("foreign", in: "d")
        let other = try await otherStage.server()
        let url = some.play.configuration.url
        try await some.slow.freeze()
        try some.writeMuch()
        try await some.play.wait(for: some.accounts[0], some.truth)
        try await some.play.reload { $0.url = other.url }
        let line = try await some.play.herald.waitForLine(containing: "another server answers")
        #expect(line.contains(" error: "))
        let server = try await some.play.report().server
        #expect(server.state == .stranger && server.lastError?.text.contains("another server answers") == true)
        try some.writeMuch()
        // As another source still, to be gone on with from there.
        try await some.play.reload { $0.heartbeat = "2s" }
        try some.writeMuch()
        try await some.play.reload { $0.url = url }
        try await some.play.wait(for: some.accounts[0], some.truth)
        #expect(try await some.play.report().server.state == .reachable)
        some.slow.thaw()
        try await some.expectAll()
        for account in some.accounts {
            #expect(!some.play.stage.lines(account.name).lines.contains { $0.contains("foreign") })
        }
        try await some.play.end()
        await other.stop()
    }

    @Test("While no server answers everything else can be changed, and nothing is given twice afterwards")
    func serverAway() async throws {
        var some = try await Case(seed: 4)
        try await some.slow.freeze()
        try some.writeMuch()
        try await some.play.wait(for: some.accounts[0], some.truth)
        let port = some.play.server.port
        await some.play.server.stop()
        try some.writeMuch()
        for name in ["phoenix", "gone"] { try some.truth.delete(name) }
        try await some.play.reload { $0.heartbeat = "2s" }
        try await some.play.herald.waitForLine(containing: "no server at")
        try await some.play.reload { configuration in
            configuration.notifiers["more"] = "cat >> more"
            configuration.options["more"] = "detail = change"
        }
        try some.truth.create("phoenix")
        try some.truth.write(["again"], in: "phoenix")
        try await some.play.reload { $0.options["a"] = "detail = change\nmerge = never" }
        try await some.play.reload { $0.options["more"] = nil }
        let back = try await some.play.stage.server(port: port) { $0.admin = Self.admin }
        try await some.play.wait(for: some.accounts[0], some.truth)
        some.slow.thaw()
        try await some.expectAll()
        let more = Account(some.play.stage, "more", isRich: false)
        try await some.play.wait(for: more, some.truth)
        some.play.herald.terminate()
        #expect(try await some.play.herald.waitForExit() == .status(0))
        await back.stop()
    }
}
