import Glibc
import NIOConcurrencyHelpers
import PocketCouch
import TestSupport
import Testing

@Suite("Catching up")
struct CatchingUpTests {
    /// A notifier that answers each line, after it has written it to the file `sworn`; unbuffered.
    static let sworn = "sed -u -n -e 'w sworn' -e 's/.*/ok/p'"

    static let options = """
        [notifier:live]
        detail = change
        [notifier:frozen]
        detail = change
        outbox = 64kB
        [notifier:sworn]
        detail = change
        confirm = yes
        confirm_timeout = 10m
        outbox = 64kB
        """

    @Test(
        "One that stood still while 20,000 changes came delays no other, and is told the latest change of each document",
        arguments: [1, 2] as [UInt64]
    )
    func twentyThousand(seed: UInt64) async throws {
        let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
        var truth = Truth(stage.state, seed: seed)
        for name in ["many", "phoenix", "gone", "third"] { try truth.create(name) }
        let play = try await stage.play(
            [("live", stage.append("live")), ("frozen", stage.append("frozen")), ("sworn", Self.sworn)],
            options: Self.options,
            source: "since = 0"
        )
        let accounts = ["live", "frozen", "sworn"].map { Account(stage, $0, isRich: true) }
        for account in accounts {
            try await eventually("\(account.name) has begun") {
                try account.missing(truth).isEmpty
            }
        }
        let slow = [
            try await play.process(of: "frozen", running: "cat"), try await play.process(of: "sworn", running: "sed"),
        ]
        for process in slow { try await process.freeze() }

        for round in 0..<40 {
            let first = Int.random(in: 0..<8000, using: &truth.random)
            let database = ["many", "many", "third", "phoenix"][round % 4]
            try truth.write((first..<(first + 500)).map { "doc\($0)" }, in: database)
            try truth.writeDesign()
            try truth.deleteSome()
            if round == 20 {
                for name in ["phoenix", "gone"] { try truth.delete(name) }
                for name in ["phoenix", "new"] { try truth.create(name) }
            }
        }
        try #require(truth.changeCount >= 20_000)
        let written = ContinuousClock.now
        try await eventually("the other has everything", every: .milliseconds(20)) {
            try accounts[0].missing(truth).isEmpty
        }
        #expect(ContinuousClock.now - written < .seconds(30))
        for account in accounts[1...] {
            try account.read()
            #expect(account.lineCount < 2000, "\(account.name) stands still")
        }

        for process in slow { process.thaw() }
        for round in 0..<100 {
            try truth.writeSome(20, of: 8000)
            try truth.writeDesign()
            if round % 10 == 5 { try truth.comeOrGo(["phoenix", "gone", "new"]) }
            // So that it goes on all the while: this paces the writer, and waits for nothing.
            try await Task.sleep(for: .milliseconds(10))
        }
        for account in accounts {
            do {
                try await eventually("\(account.name) has everything", every: .milliseconds(20)) {
                    try account.missing(truth).isEmpty
                }
            } catch {
                Issue.record("\(account.name) lacks \(try account.missing(truth).prefix(20)): \(error)")
            }
            #expect(account.faults.isEmpty, "\(account.name): \(account.faults.prefix(5))")
        }
        for account in accounts[1...] {
            #expect(account.lifeLines["phoenix"]?.prefix(3) == ["created", "deleted", "created"])
            #expect(!play.herald.log("\(account.name) caught up").isEmpty)
        }
        #expect(accounts[0].repeats == 0)
        try await play.end()
    }

    @Test(
        "On a cluster the last reading begins where the feed was 10 s before, and is begun as soon as there is such a place"
    )
    func cluster() async throws {
        let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
        var truth = Truth(stage.state, seed: 3)
        try truth.create("d")
        let server = try await stage.server { $0.clusterCopies = 3 }
        let proxy = try await FaultProxy(toward: server.port)
        // The last readings, which alone have no limit: when, and since which of the server's numbers.
        let joins = NIOLockedValueBox<[Int: (time: ContinuousClock.Instant, since: Int)]>([:])
        proxy.setRule { request in
            guard request.path == "/d/_changes", request.query("feed") == nil, request.query("limit") == nil else {
                return nil
            }
            let since = Self.number(ofSince: request.query("since") ?? "") ?? .max
            joins.withLockedValue { $0[request.number] = $0[request.number] ?? (.now, since) }
            return ProxyFaults.none
        }
        let herald = try await stage.herald(
            stage.configuration(
                url: proxy.url,
                source: "since = 0",
                notifiers: [("live", stage.append("live")), ("frozen", stage.append("frozen"))],
                more: "[notifier:live]\ndetail = change\n[notifier:frozen]\ndetail = change\noutbox = 64kB"
            )
        )
        let play = Play(server: server, herald: herald)
        let accounts = ["live", "frozen"].map { Account(stage, $0, isRich: true) }
        let process = try await play.process(of: "frozen", running: "cat")
        try await eventually("it is told") { try accounts[1].missing(truth).isEmpty }
        try await process.freeze()
        // More than its pipe and its outbox hold.
        for round in 0..<10 { try truth.write((0..<200).map { "doc\(200 * round + $0)" }, in: "d") }
        try await eventually("the other has everything") { try accounts[0].missing(truth).isEmpty }
        process.thaw()

        var history: [(time: ContinuousClock.Instant, number: Int)] = [(.now, truth.changeCount)]
        try await eventually("it has caught up", every: .milliseconds(200)) {
            try truth.writeSome(3, of: 200)
            history.append((.now, truth.changeCount))
            return !herald.log("database d: frozen caught up").isEmpty
        }
        for account in accounts {
            try await eventually("\(account.name) has everything") {
                try account.missing(truth).isEmpty
            }
            #expect(account.faults.isEmpty, "\(account.name): \(account.faults.prefix(5))")
        }
        let last = try #require(joins.withLockedValue { $0.values.max { $0.time < $1.time } })
        let before = history.last { $0.time <= last.time - .seconds(10) }?.number ?? history[0].number
        #expect(last.since <= before, "the feed was at \(before) at the most")
        try await play.end()
    }

    @Test("One that catches up with a database that is another by now is told so before it is given any of its rows")
    func recreated() async throws {
        let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
        var truth = Truth(stage.state, seed: 4)
        try truth.create("d")
        let server = try await stage.server()
        let proxy = try await FaultProxy(toward: server.port)
        let herald = try await stage.herald(
            stage.configuration(
                url: proxy.url,
                source: "since = 0",
                notifiers: [("live", stage.append("live")), ("frozen", stage.append("frozen"))],
                more: "[notifier:live]\ndetail = change\n[notifier:frozen]\ndetail = change\noutbox = 64kB",
                heartbeat: "60s"
            )
        )
        let play = Play(server: server, herald: herald)
        let accounts = ["live", "frozen"].map { Account(stage, $0, isRich: true) }
        let process = try await play.process(of: "frozen", running: "cat")
        try await eventually("it is told") { try accounts[1].missing(truth).isEmpty }
        try await process.freeze()
        var round = 0
        try await eventually("it is left behind") {
            try truth.write((0..<200).map { "old\(200 * round + $0)" }, in: "d")
            round += 1
            return !herald.log("frozen does not keep up").isEmpty
        }
        try await eventually("the other has everything") { try accounts[0].missing(truth).isEmpty }

        // Nothing tells of what happens now; only the reader of the frozen one meets it.
        proxy.setRule { request in request.query("feed") == nil ? nil : .with { $0.isStalled = true } }
        try truth.delete("d")
        try truth.create("d")
        try truth.write((0..<200).map { "new\($0)" }, in: "d")
        process.thaw()
        try await eventually("it is told of something that is new") {
            stage.lines("frozen").lines.contains {
                $0.contains(#""id":"new"#) || $0.hasPrefix(#"{"type":"deleted""#)
            }
        }
        proxy.setRule(nil)
        for account in accounts {
            try await eventually("\(account.name) has everything") {
                try account.missing(truth).isEmpty
            }
            #expect(account.faults.isEmpty, "\(account.name): \(account.faults.prefix(5))")
            #expect(account.lifeLines["d"] == ["created", "deleted", "created"])
        }
        let before = stage.lines("frozen").lines.prefix { !$0.hasPrefix(#"{"type":"deleted""#) }
        #expect(!before.contains { $0.contains(#""id":"new"#) })
        try await play.end()
    }

    @Test("With detail = doc the lines that it catches up with have their documents")
    func documents() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let play = try await stage.play(
            [("live", stage.append("live")), ("frozen", stage.append("frozen"))],
            options: "[notifier:live]\ndetail = change\n[notifier:frozen]\ndetail = doc\noutbox = 64kB",
            source: "since = 0"
        )
        let process = try await play.process(of: "frozen", running: "cat")
        try await stage.lines("frozen").waitForLines(1)
        try await process.freeze()
        var names: [String] = []
        try await eventually("it is left behind") {
            let some = (names.count..<(names.count + 200)).map { "doc\($0)" }
            _ = try stage.state.bulk(some.map { (id: $0, body: #"{"name":"\#($0)"}"#) }, in: "d")
            names += some
            return !play.herald.log("frozen does not keep up").isEmpty
        }
        try await stage.lines("live").waitForLines(1 + names.count)
        process.thaw()
        var missing = Set(names)
        try await eventually("each is told with its document", every: .milliseconds(200)) {
            for line in stage.lines("frozen").lines.dropFirst() {
                // `"name":"doc7"}}` at the end, and `"id":"doc7"` before it.
                let name = line.dropLast(3).split(separator: "\"").last.map { String($0) } ?? ""
                let isWhole = line.hasSuffix(#","name":"\#(name)"}}"#) && line.contains(#","id":"\#(name)","#)
                try #require(isWhole, "\(line)")
                missing.remove(name)
            }
            return missing.isEmpty
        }
        try await play.herald.waitForLine(containing: "database d: frozen caught up")
        try await play.end()
    }

    /// The number with which a seq begins, as it stands in a query.
    private static func number(ofSince since: String) -> Int? {
        let text = since.hasPrefix("%22") ? since.dropFirst(3) : since[...]
        return Int(text.prefix { $0.isNumber })
    }
}
