import NIOConcurrencyHelpers
import PocketCouch
import TestSupport
import Testing

@Suite("created, deleted and created again are true")
struct LifeTests {
    @Test("Deleted and created again gives deleted, then created, then what is new, while the feed is open")
    func recreated() async throws {
        let clock = TestClock()
        let stage = try Stage(state: CouchState(clock: clock.read))
        try stage.state.createDatabase("d")
        try stage.state.put("old", in: "d")
        let server = try await stage.server()
        let herald = try await stage.herald(
            stage.configuration(url: server.url, notifiers: [("all", stage.append("all"))])
        )
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        clock.advance(seconds: 2)
        try stage.state.deleteDatabase("d")
        try stage.state.createDatabase("d")
        try stage.state.put("new", in: "d")
        // The row may come once more, before the end of the old life was noticed or after.
        try await stage.lines("all").waitForLine(containing: Notice.created("d"))
        try await eventually("the new document is told of") {
            stage.lines("all").lines.last == Notice.updated("d")
        }
        let lines = stage.lines("all").lines.drop { $0 == Notice.updated("d") }
        #expect(Array(lines.prefix(2)) == [Notice.deleted("d"), Notice.created("d")])
        #expect(lines.dropFirst(2).allSatisfy { $0 == Notice.updated("d") })
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }

    @Test("With every dialect a database is created, changed, deleted and created again", arguments: Dialect.allCases)
    func dialects(dialect: Dialect) async throws {
        let clock = TestClock()
        let stage = try Stage(state: CouchState(clock: clock.read))
        try stage.state.createDatabase("there")
        let server = try await stage.server { $0.dialect = dialect }
        let herald = try await stage.herald(
            stage.configuration(url: server.url, notifiers: [("all", stage.append("all"))])
        )
        let lines = stage.lines("all")
        try stage.state.createDatabase("d")
        _ = try await lines.waitForLines(1)
        try stage.state.put("x", in: "d")
        try stage.state.put("_design/y", in: "d")
        _ = try await lines.waitForLines(4)
        try stage.state.deleteDatabase("d")
        _ = try await lines.waitForLines(5)
        clock.advance(seconds: 2)
        try stage.state.createDatabase("d")
        try stage.state.put("z", in: "d")
        _ = try await lines.waitForLines(7)
        #expect(
            lines.lines == [
                Notice.created("d"), Notice.updated("d"), Notice.updated("d"), Notice.designUpdated("d", "_design/y"),
                Notice.deleted("d"), Notice.created("d"), Notice.updated("d"),
            ]
        )
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }

    @Test(
        "A restart of the server is no recreation, with every dialect, and what was written meanwhile is told",
        arguments: Dialect.allCases
    )
    func restart(dialect: Dialect) async throws {
        let clock = TestClock()
        let stage = try Stage(state: CouchState(clock: clock.read))
        try stage.state.createDatabase("d")
        try stage.state.put("old", in: "d")
        let first = try await stage.server { $0.dialect = dialect }
        let port = first.port
        let herald = try await stage.herald(
            stage.configuration(url: first.url, notifiers: [("all", stage.append("all"))])
        )
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        await first.stop()
        try await herald.waitForLine(containing: "no server at")
        clock.advance(seconds: 3600)
        try stage.state.put("meanwhile", in: "d")
        let second = try await stage.server(port: port) { $0.dialect = dialect }
        _ = try await stage.lines("all").waitForLines(1)
        try stage.state.put("afterwards", in: "d")
        let lines = try await stage.lines("all").waitForLines(2)
        #expect(lines == [Notice.updated("d"), Notice.updated("d")])
        try await herald.waitForLine(containing: "found again")
        herald.terminate()
        _ = try await herald.waitForExit()
        await second.stop()
    }

    @Test(
        "Integer seqs do not hide a database that was created again while the server was away",
        arguments: [Dialect.couchDB1, .pouchDBServer]
    )
    func hidden(dialect: Dialect) async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        for number in 0..<20 { try stage.state.put("\(number)", in: "d") }
        let first = try await stage.server { $0.dialect = dialect }
        let port = first.port
        let herald = try await stage.herald(
            stage.configuration(url: first.url, notifiers: [("all", stage.append("all"))])
        )
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        await first.stop()
        try stage.state.deleteDatabase("d")
        try stage.state.createDatabase("d")
        try stage.state.put("new", in: "d")
        let second = try await stage.server(port: port) { $0.dialect = dialect }
        let lines = try await stage.lines("all").waitForLines(3)
        #expect(lines == [Notice.deleted("d"), Notice.created("d"), Notice.updated("d")])
        herald.terminate()
        _ = try await herald.waitForExit()
        await second.stop()
    }

    @Test(
        "Another server at the same place, with or without a database of that name, is neither deletion nor creation",
        arguments: [false, true]
    )
    func stranger(hasDatabase: Bool) async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let first = try await stage.server()
        let port = first.port
        let herald = try await stage.herald(
            stage.configuration(url: first.url, notifiers: [("all", stage.append("all"))])
        )
        try await eventually("an open feed") { stage.state.stats.openFeeds == 1 }
        await first.stop()
        let other = try Stage(state: CouchState(clock: { 1_700_000_000_000_000 }))
        if hasDatabase { try other.state.createDatabase("d") }
        let second = try await other.server(port: port)
        try await herald.waitForLine(containing: "another server answers")
        try await eventually("it is asked who it is, again") {
            other.state.stats.count(.root) >= 3
        }
        #expect(other.state.stats.count(.changes) == 0)
        await second.stop()
        let third = try await stage.server(port: port)
        try stage.state.put("x", in: "d")
        #expect(try await stage.lines("all").waitForLines(1) == [Notice.updated("d")])
        herald.terminate()
        _ = try await herald.waitForExit()
        await third.stop()
    }

    @Test("A database that comes and goes at once gives its pair of lines or none")
    func cameAndWent() async throws {
        let stage = try Stage()
        let server = try await stage.server()
        let herald = try await stage.herald(
            stage.configuration(url: server.url, notifiers: [("all", stage.append("all"))])
        )
        for number in 0..<50 {
            try stage.state.createDatabase("brief\(number)")
            try stage.state.put("x", in: "brief\(number)")
            try stage.state.deleteDatabase("brief\(number)")
        }
        try stage.state.createDatabase("last")
        try await stage.lines("all").waitForLine(containing: Notice.created("last"))
        try await eventually("all halves have their other half") {
            let lines = stage.lines("all").lines
            return (0..<50).allSatisfy { number in
                lines.contains(Notice.created("brief\(number)")) == lines.contains(Notice.deleted("brief\(number)"))
            }
        }
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }
}
