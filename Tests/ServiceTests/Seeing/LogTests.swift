import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@Suite("What is logged by default")
struct LogTests {
    /// The lines at info or above that came after the first `count`, without their times.
    private static func lines(_ herald: HeraldProcess, after count: Int = 0) -> [String] {
        herald.stderr.dropFirst(count).map { String($0.drop { $0 != " " }.dropFirst()) }
    }

    /// How many feeds a line tells of that are open again.
    private static func openedAgain(_ line: String) -> Int {
        guard line.contains("open again") else { return 0 }
        return line.split(separator: "the feeds of ").last?.split(separator: " ").first.flatMap { Int($0) } ?? 1
    }

    @Test("A line for each start, stop, death, halt and reload")
    func lives() async throws {
        let stage = try Stage()
        let once = try stage.script("once", "[ -e again ] && exec cat; touch again; exit 4")
        let daemons = "[os_daemons]\nsteady = cat\nfailing = sh -c 'exit 5'\n"
        let play = try await stage.play([("a", "cat"), ("once", once)], options: Stage.listening + daemons)
        let herald = play.herald
        try await herald.waitForLine(containing: "daemon failing exited with status 5")
        let expected = [
            "info: notifier a started, process ", "info: notifier once started, process ",
            "info: daemon steady started, process ", "info: daemon failing started, process ",
            "warning: notifier once exited with status 4", "warning: daemon failing exited with status 5",
            "error: daemon failing exited with status 5",
        ]
        for text in expected {
            try await eventually("'\(text)'") { Self.lines(herald).contains { $0.contains(text) } }
        }
        #expect(Self.lines(herald).count { $0.contains("daemon failing started") } == 3)
        #expect(Self.lines(herald).count { $0.contains("is halted") } == 1)
        #expect(try await stage.command("stop", "steady").exit == .status(0))
        try await herald.waitForLine(containing: "info: daemon steady exited with status 0")
        #expect(try await stage.command("reload").exit == .status(0))
        try await herald.waitForLine(containing: "info: the configuration was read again")
        try writeFile(stage.folder.path("notifiers.ini"), Array("[update_notification]\nb = cat\n".utf8), append: true)
        #expect(try await stage.command("reload").exit == .status(0))
        try await herald.waitForLine(containing: "info: the configuration has changed: ")
        try await herald.waitForLine(containing: "info: notifier b started, process ")
        try await play.end()
        let ends = Self.lines(herald).filter { $0.hasPrefix("info: ") && $0.hasSuffix(" is stopped") }
        for name in ["notifier a", "notifier b", "notifier once", "daemon steady", "daemon failing"] {
            #expect(ends.contains("info: \(name) is stopped"), "\(name)")
        }
    }

    @Test("A thousand changes, created and deleted databases and questions to the interface log nothing")
    func changes() async throws {
        let stage = try Stage()
        for number in 0..<5 { try stage.state.createDatabase("db\(number)") }
        let play = try await stage.play(
            [("plain", stage.append("plain")), ("rich", stage.append("rich"))],
            options: Stage.listening + "[notifier:rich]\ndetail = change\n",
            // So that no feed breaks by itself, however slow the machine is.
            heartbeat: "30s"
        )
        let interface = try await Interface(play.herald, in: stage)
        try await interface.waitForStatus("all is up") { report in
            report.databases.count == 5 && report.databases.values.allSatisfy { $0.feed == .open }
                && report.notifiers.values.allSatisfy { $0.process.state == .running } && report.server.bell == .rings
        }
        let before = play.herald.stderr.count
        for number in 0..<1000 { try stage.state.put("x\(number)", in: "db\(number % 5)") }
        for name in ["plain", "rich"] { try await stage.lines(name).waitForLines(1000) }
        for number in 0..<20 { try stage.state.createDatabase("new\(number)") }
        for name in ["plain", "rich"] { try await stage.lines(name).waitForLines(1020) }
        for _ in 0..<20 { _ = try await interface.metrics() }
        let news = Self.lines(play.herald, after: before)
        #expect(news.isEmpty, "\(news.prefix(5))")
        try await play.end()
    }

    @Test("A feed that breaks by itself and is open again is told once, however many tries it takes")
    func oneFeed() async throws {
        let stage = try Stage()
        for name in ["d", "e"] { try stage.state.createDatabase(name) }
        let server = try await stage.server()
        let proxy = try await FaultProxy(toward: server.port)
        let herald = try await stage.herald(
            stage.configuration(
                url: proxy.url,
                notifiers: [("a", stage.append("a"))],
                more: Stage.listening,
                heartbeat: "30s"
            )
        )
        let interface = try await Interface(herald, in: stage)
        for round in 1...2 {
            try await interface.waitForStatus("open feeds") { report in
                ["d", "e"].allSatisfy { report.databases[$0]?.feed == .open }
            }
            // A row shows that it flows.
            try stage.state.put("x\(round)", in: "d")
            try await stage.lines("a").waitForLines(round)
            let tries = stage.state.stats.count(.changes)
            let first = proxy.counts.requests
            proxy.setRule { request in
                guard request.path == "/d/_changes" else { return nil }
                return request.number < first
                    ? .with { $0.cut = .init(after: 0) } : .with { $0.unavailablePercent = 100 }
            }
            // The next row is where it is cut.
            try stage.state.put("y\(round)", in: "d")
            try await eventually("two tries fail") { proxy.counts.unavailable >= 2 * round }
            #expect(stage.state.stats.count(.changes) == tries)
            proxy.setRule(nil)
            try await eventually("a line") {
                herald.log("d: the feed is open again").count == round
            }
        }
        let lines = herald.log("the feed is open again")
        #expect(lines.allSatisfy { $0.contains(" info: database d: ") && $0.contains("it broke: ") }, "\(lines)")
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        #expect(herald.log("the feed is open again").count == 2)
        await server.stop()
    }

    @Test("A server that goes away and comes back with all its feeds is told in a few lines, not in one a feed")
    func manyFeeds() async throws {
        let stage = try Stage()
        let count = 300
        for number in 0..<count { try stage.state.createDatabase("db\(number)") }
        let server = try await stage.server()
        let proxy = try await FaultProxy(toward: server.port)
        let herald = try await stage.herald(
            stage.configuration(
                url: proxy.url,
                notifiers: [("a", stage.append("a"))],
                more: Stage.listening,
                heartbeat: "30s"
            )
        )
        let allOpen = { stage.state.stats.openFeeds == count }
        try await eventually("open feeds", allOpen)
        for number in 0..<count { try stage.state.put("x", in: "db\(number)") }
        try await stage.lines("a").waitForLines(count)
        let before = herald.stderr.count
        try await proxy.refuse()
        await proxy.cutAll(reset: true)
        try await herald.waitForLine(containing: "warning: no server at")
        try await eventually("closed feeds") { stage.state.stats.openFeeds == 0 }
        try await proxy.accept()
        try await herald.waitForLine(containing: "info: found again: CouchDB 3.5.0 at")
        try await eventually("open feeds", allOpen)
        // Once more, when all have flowed, while the server is there.
        for number in 0..<count { try stage.state.put("y", in: "db\(number)") }
        try await stage.lines("a").waitForLines(2 * count)
        let told = herald.stderr.count
        await proxy.cutAll(reset: true)
        try await eventually("all are told") {
            // On a busy machine one may break twice.
            Self.lines(herald, after: told).reduce(0) { $0 + Self.openedAgain($1) } >= count
        }
        try await eventually("open feeds", allOpen)
        let news = Self.lines(herald, after: before)
        // One a second or so, for as long as it takes.
        #expect(news.count <= count / 4, "\(news)")
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }
}
