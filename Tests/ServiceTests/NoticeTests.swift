import PocketCouch
import TestSupport
import Testing

@Suite("From a change to a line")
struct NoticeTests {
    @Test("An old script gets created, updated, ddoc_updated and deleted, byte for byte and in order")
    func story() async throws {
        let stage = try Stage()
        let server = try await stage.server()
        let herald = try await stage.herald(
            stage.configuration(url: server.url, notifiers: [("all", stage.append("all"))])
        )
        try stage.state.createDatabase("a/b+c$(x)-_")
        try await stage.lines("all").waitForLines(1)
        try stage.state.put("one", in: "a/b+c$(x)-_")
        try stage.state.put("_design/views", in: "a/b+c$(x)-_")
        _ = try stage.state.bulk([(id: "two", body: "{}"), (id: "three", body: "{}")], in: "a/b+c$(x)-_")
        // The feed shows only the latest change of a document: the first is to be read before the next is made.
        try await stage.lines("all").waitForLines(6)
        try stage.state.delete("_design/views", in: "a/b+c$(x)-_")
        try await stage.lines("all").waitForLines(8)
        try stage.state.deleteDatabase("a/b+c$(x)-_")
        let lines = try await stage.lines("all").waitForLines(9)
        let (name, design) = ("a/b+c$(x)-_", Notice.designUpdated("a/b+c$(x)-_", "_design/views"))
        #expect(
            lines == [
                Notice.created(name), Notice.updated(name), Notice.updated(name), design, Notice.updated(name),
                Notice.updated(name), Notice.updated(name), design, Notice.deleted(name),
            ]
        )
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }

    @Test(
        "since = now: nothing is told of what was; since = 0: created, then all its changes",
        arguments: ["now", "0"]
    )
    func since(since: String) async throws {
        let stage = try Stage()
        try stage.state.createDatabase("old")
        for number in 0..<5 { try stage.state.put("\(number)", in: "old") }
        let server = try await stage.server()
        let herald = try await stage.herald(
            stage.configuration(url: server.url, source: "since = \(since)", notifiers: [("all", stage.append("all"))])
        )
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        try stage.state.put("new", in: "old")
        let expected =
            since == "now"
            ? [Notice.updated("old")]
            : [Notice.created("old")] + Array(repeating: Notice.updated("old"), count: 6)
        let lines = try await stage.lines("all").waitForLines(expected.count)
        #expect(lines == expected)
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }

    @Test("Nothing between the creation of a database and its being noticed is missed")
    func createdWhileRunning() async throws {
        let stage = try Stage()
        let server = try await stage.server()
        let herald = try await stage.herald(
            stage.configuration(url: server.url, notifiers: [("all", stage.append("all"))])
        )
        try stage.state.createDatabase("fresh")
        _ = try stage.state.bulk((0..<100).map { (id: "\($0)", body: "{}") }, in: "fresh")
        let lines = try await stage.lines("all").waitForLines(101)
        #expect(lines == [Notice.created("fresh")] + Array(repeating: Notice.updated("fresh"), count: 100))
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }

    @Test("Each notifier gets the databases and types that it wants; two may run the same command")
    func filters() async throws {
        let stage = try Stage()
        let server = try await stage.server()
        let herald = try await stage.herald(
            stage.configuration(
                url: server.url,
                notifiers: [
                    ("everything", stage.append("everything")), ("orders", stage.append("orders")),
                    ("designs", stage.append("designs")), ("twin", stage.append("everything")),
                ],
                more: """
                    [notifier:orders]
                    databases = orders, invoices-*, !invoices-old
                    types = updated
                    [notifier:designs]
                    types = ddoc_updated, deleted
                    """
            )
        )
        for name in ["orders", "invoices-1", "invoices-old", "other", "_users"] {
            try stage.state.createDatabase(name)
            try stage.state.put("x", in: name)
            try stage.state.put("_design/d", in: name)
        }
        // Four databases: created, two updated, one ddoc_updated; and each of the twins gets all of it.
        let everything = try await stage.lines("everything").waitForLines(32)
        #expect(everything.count { $0 == Notice.created("other") } == 2)
        #expect(!everything.contains { $0.contains("_users") })
        #expect(
            try await stage.lines("orders").waitForLines(4).sorted()
                == [
                    Notice.updated("invoices-1"), Notice.updated("invoices-1"), Notice.updated("orders"),
                    Notice.updated("orders"),
                ]
        )
        let designs = try await stage.lines("designs").waitForLines(4)
        #expect(designs.allSatisfy { $0.contains("ddoc_updated") })
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }

    @Test("A thousand databases are followed by one thread, and each is told of")
    func thousand() async throws {
        let stage = try Stage()
        for number in 0..<1000 { try stage.state.createDatabase("db\(number)") }
        let server = try await stage.server()
        let herald = try await stage.herald(
            stage.configuration(url: server.url, notifiers: [("all", stage.append("all"))], heartbeat: "10s")
        )
        try await eventually("a thousand open feeds") { stage.state.stats.openFeeds == 1000 }
        for number in 0..<1000 { try stage.state.put("x", in: "db\(number)") }
        let lines = try await stage.lines("all").waitForLines(1000)
        #expect(Set(lines).count == 1000)
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }
}
