import NIOConcurrencyHelpers
import PocketCouch
import TestSupport
import Testing

@Suite("When feeds fail")
struct FeedFaultTests {
    @Test("Feeds that are cut in mid-row, over and over, lose no change", arguments: [false, true])
    func cuts(withReset: Bool) async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let server = try await stage.server()
        let proxy = try await FaultProxy(toward: server.port)
        proxy.setRule { request in
            guard request.path == "/d/_changes" else { return nil }
            // Behind the head, at another place of a row each time.
            return .with { $0.cut = .init(after: 900 + request.number * 37 % 1500, reset: withReset) }
        }
        let herald = try await stage.herald(
            stage.configuration(url: proxy.url, notifiers: [("all", stage.append("all"))])
        )
        try await eventually("an open feed") { stage.state.stats.openFeeds >= 1 }
        for round in 0..<20 {
            _ = try stage.state.bulk((0..<20).map { (id: "\(round)-\($0)", body: "{}") }, in: "d")
        }
        let lines = try await stage.lines("all").waitForLines(400)
        #expect(lines.allSatisfy { $0 == Notice.updated("d") })
        #expect(proxy.counts.cuts > 5)
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }

    @Test("A connection that falls silent is dead after 2.5 heartbeats, and nothing is lost by it")
    func silence() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let server = try await stage.server()
        let proxy = try await FaultProxy(toward: server.port)
        let herald = try await stage.herald(
            stage.configuration(url: proxy.url, notifiers: [("all", stage.append("all"))], heartbeat: "200ms")
        )
        try await eventually("an open feed") { stage.state.stats.openFeeds >= 1 }
        // Whatever is open now stays silent; what comes later works.
        let before = proxy.counts.requests
        proxy.setRule { $0.number < before ? .with { $0.isStalled = true } : nil }
        try stage.state.put("x", in: "d")
        #expect(try await stage.lines("all").waitForLines(1) == [Notice.updated("d")])
        try await herald.waitForLine(containing: "silent for 500 ms")
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }

    @Test("503 is obeyed with its Retry-After, and nothing is hammered or lost")
    func unavailable() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let server = try await stage.server()
        let proxy = try await FaultProxy(toward: server.port)
        proxy.setRule { $0.path == "/d/_changes" ? .with { $0.unavailablePercent = 100 } : nil }
        let herald = try await stage.herald(
            stage.configuration(url: proxy.url, notifiers: [("all", stage.append("all"))])
        )
        try await herald.waitForLine(containing: "failed 4 times: ")
        // One second each: four tries cannot have taken less than three seconds, nor made many requests.
        #expect(proxy.counts.unavailable <= 5)
        try stage.state.put("x", in: "d")
        proxy.setRule(nil)
        #expect(try await stage.lines("all").waitForLines(1) == [Notice.updated("d")])
        try await herald.waitForLine(containing: "the feed flows again")
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }

    @Test("A hundred feeds that break at once are one event: the server is asked once, not a hundred times")
    func manyBreakAtOnce() async throws {
        let stage = try Stage()
        for number in 0..<100 { try stage.state.createDatabase("db\(number)") }
        let server = try await stage.server()
        let proxy = try await FaultProxy(toward: server.port)
        let herald = try await stage.herald(
            stage.configuration(
                url: proxy.url,
                notifiers: [("all", stage.append("all"))],
                heartbeat: "10s",
                rescan: "1h"
            )
        )
        try await eventually("a hundred open feeds") { stage.state.stats.openFeeds == 100 }
        try await proxy.refuse()
        await proxy.cutAll()
        try await herald.waitForLine(containing: "no server at")
        let (feeds, roots) = (stage.state.stats.count(.changes), stage.state.stats.count(.root))
        for number in 0..<100 { try stage.state.put("x", in: "db\(number)") }
        try await proxy.accept()
        let lines = try await stage.lines("all").waitForLines(100)
        #expect(Set(lines).count == 100)
        #expect(stage.state.stats.count(.changes) - feeds <= 110)
        #expect(stage.state.stats.count(.root) - roots <= 10)
        // Once for each reason, of which there are few: a connection that breaks, one that is reset, a port that refuses.
        #expect(herald.stderr.count { $0.contains("no server at") } <= 8)
        herald.terminate()
        _ = try await herald.waitForExit()
        await server.stop()
    }

    @Test("The raw 412 that a maintenance mode writes into the stream ends the feed at its last whole row")
    func maintenance() async throws {
        let recording = try Recording.load("201_continuous_maintenance_on_while_open")
        let rows = try Recording.load("055c_continuous_bulk200")
        let played = try await PlayedServer(feeds: [
            .init(rows, speed: 0, cutAfter: rows.response.count / 2), .init(recording, speed: 0),
        ])
        let stage = try Stage()
        let herald = try await stage.herald(
            stage.configuration(url: played.replayer.url, notifiers: [("all", stage.append("all"))], heartbeat: "10s")
        )
        try await eventually("a third feed") { played.feedRequests.count >= 3 }
        let sinces = played.feedRequests.map { $0.query("since") ?? "" }
        #expect(sinces[0] == "0-g1AAAA")
        // The cut feed's last whole row; the second feed gave none.
        #expect(sinces[1] != sinces[0] && sinces[1].contains("-g1AAAAC"))
        #expect(sinces[2] == sinces[1])
        herald.terminate()
        _ = try await herald.waitForExit()
    }

    @Test("A server in maintenance mode, which welcomes and lists nothing, is not hammered, and followed once it lists")
    func listUnavailable() async throws {
        let nodeDown = try Recording.load("202c_all_dbs_maintenance")
        let row = try Recording.load("055c_continuous_bulk200")
        let lists = NIOLockedValueBox(0)
        let played = try await PlayedServer(feeds: [.init(row, speed: 0)]) { request in
            guard request.path == "/_all_dbs" else { return nil }
            let count = lists.withLockedValue { count in
                count += 1
                return count
            }
            return count <= 5 ? .play(.init(nodeDown, speed: 0)) : nil
        }
        let stage = try Stage()
        let herald = try await stage.herald(
            stage.configuration(url: played.replayer.url, notifiers: [("all", stage.append("all"))], rescan: "1h")
        )
        // `herald` was waited for until it had a list: that was the sixth. Each that fails raises the question whether the
        // server is there, which is put once a second at the most.
        #expect(played.replayer.requests.count { $0.path == "/" } <= 6)
        #expect(herald.stderr.count { $0.contains("does not list its databases: 412 progress not possible") } <= 1)
        try await herald.waitForLine(containing: "lists its databases again")
        _ = try await stage.lines("all").waitForLines(200)
        herald.terminate()
        _ = try await herald.waitForExit()
    }

    @Test("Recorded feeds give a line a row, however the network cuts them", arguments: [1, 7, 1000])
    func recorded(pieces: Int) async throws {
        let stage = try Stage()
        let recording = try Recording.load("073_changes_cont_odd_ids")
        let played = try await PlayedServer(feeds: [.init(recording, speed: 0, pieces: pieces)])
        // The recording is played once: a feed that a busy machine lets starve must not be taken for silent.
        let herald = try await stage.herald(
            stage.configuration(url: played.replayer.url, notifiers: [("all", stage.append("all"))], heartbeat: "10m")
        )
        let rows = recording.body.split(separator: 0x0A).count { $0.starts(with: #"{"seq":"#.utf8) }
        try #require(rows > 5)
        let designs = recording.body.split(separator: 0x0A).count { line in
            String(decoding: line, as: UTF8.self).contains(#""id":"_design/"#)
        }
        let lines = try await stage.lines("all").waitForLines(rows + designs)
        #expect(lines.count { $0 == Notice.updated("d") } == rows)
        herald.terminate()
        _ = try await herald.waitForExit()
        #expect(stage.lines("all").lines.count == rows + designs)
    }

    @Test("A proxy's 404 is no deletion")
    func strangeNotFound() async throws {
        let proxyPage = Array("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nnope".utf8)
        let strangeAnswers = NIOLockedValueBox(0)
        let row = try Recording.load("055c_continuous_bulk200")
        let silent = try Recording.load("060_continuous_heartbeat_true")
        // The first feed falls silent; what is asked from then on meets the proxy's page, three times.
        let feeds = NIOLockedValueBox(0)
        let played = try await PlayedServer(feeds: [.init(silent, speed: 0), .init(row, speed: 0)]) { request in
            if request.path == "/d/_changes" { feeds.withLockedValue { $0 += 1 } }
            guard request.path == "/d", feeds.withLockedValue({ $0 }) > 0 else { return nil }
            let isStrange = strangeAnswers.withLockedValue { count in
                count += 1
                return count <= 3
            }
            return isStrange ? .bytes(proxyPage) : nil
        }
        let stage = try Stage()
        let herald = try await stage.herald(
            stage.configuration(
                url: played.replayer.url,
                notifiers: [("all", stage.append("all"))],
                rescan: "1h"
            )
        )
        let lines = try await stage.lines("all").waitForLines(200)
        #expect(strangeAnswers.withLockedValue { $0 } > 3)
        #expect(Set(lines) == [Notice.updated("d")])
        herald.terminate()
        _ = try await herald.waitForExit()
    }
}
