import Testing

@testable import PocketCouch

@Suite("Backups, and what stands in a database")
struct BackupTests {
    private func changes(_ client: RawClient, since: String, in name: String = "d") async throws -> JSON {
        try JSONParser.parse(try await client.exchange("GET", "/\(name)/_changes?since=\(since)").body)
    }

    private func ids(_ changes: JSON) -> [String] {
        (changes["results"]?.elements ?? []).compactMap { $0["id"]?.text }
    }

    @Test("A restored server has the databases of the backup, with their lives, and no others")
    func restored() async throws {
        let state = CouchState { 1_700_000_000_000_000 }
        for name in ["d", "gone"] { try state.createDatabase(name) }
        try state.put("a", in: "d")
        let seq = try state.updateSeq(of: "d")
        let backup = state.snapshot()

        try state.put("b", in: "d")
        try state.delete("a", in: "d")
        try state.deleteDatabase("gone")
        try state.createDatabase("new")
        for _ in 0..<2 {
            // Twice, since what happens after a restoration must not be seen in the backup.
            state.restore(backup)
            #expect(state.databaseNames == ["d", "gone"])
            #expect(try state.updateSeq(of: "d") == seq)
            #expect(try state.latest(in: "d").keys.sorted() == ["a"])
            #expect(try state.latest(in: "d")["a"]?.isDeleted == false)
            try state.put("c", in: "d")
        }
        try await withServer(state: state) { server in
            let client = try RawClient(port: server.port)
            #expect(ids(try await changes(client, since: seq)) == ["c"])
            let info = try JSONParser.parse(try await client.exchange("GET", "/d").body)
            #expect(info["instance_start_time"]?.text == "1700000000")
        }
    }

    @Test("A seq from after the backup hides what is written until the database has outgrown it")
    func outgrown() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try state.put("a", in: "d")
        let backup = state.snapshot()
        for id in ["b", "c"] { try state.put(id, in: "d") }
        let beyond = try state.updateSeq(of: "d")
        state.restore(backup)
        try await withServer(state: state) { server in
            let client = try RawClient(port: server.port)
            var answer = try await changes(client, since: beyond)
            #expect(ids(answer) == [])
            #expect(answer["last_seq"]?.text == beyond)
            #expect(answer["pending"] == .number("0"))
            for id in ["x", "y"] { try state.put(id, in: "d") }
            #expect(ids(try await changes(client, since: beyond)) == [])
            try state.put("z", in: "d")
            answer = try await changes(client, since: beyond)
            #expect(ids(answer) == ["z"])
        }
    }

    @Test("Feeds that are open end when the server is restored")
    func openFeed() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        let backup = state.snapshot()
        try await withServer(state: state) { server in
            let client = try RawClient(port: server.port)
            client.request("GET", "/d/_changes?feed=continuous&heartbeat=60000")
            try await eventually { state.stats.openFeeds == 1 }
            state.restore(backup)
            try await client.wait { $0.isComplete }
        }
    }

    @Test("The latest of each document is its winning revision, and whether that is a deletion")
    func latest() throws {
        let state = CouchState()
        try state.createDatabase("d")
        try state.put("a", in: "d")
        let a = try state.put("a", #"{"n":2}"#, in: "d")
        try state.put("b", in: "d")
        let b = try state.delete("b", in: "d")
        try state.put("_local/x", in: "d")
        #expect(
            try state.latest(in: "d") == [
                "a": LatestChange(revision: a, isDeleted: false), "b": LatestChange(revision: b, isDeleted: true),
            ]
        )
        #expect(throws: CouchError.self) { try state.latest(in: "nope") }
    }

    @Test(
        "What is pending is counted rightly, however many changes were overtaken",
        arguments: [1, 1023, 1024, 1025, 5000]
    )
    func pending(count: Int) throws {
        let state = CouchState()
        try state.createDatabase("d")
        // Every third is written again, so that its first place in the order is empty.
        try state.bulk((0..<count).map { ("\($0)", "{}") }, in: "d")
        try state.bulk((0..<count).filter { $0.isMultiple(of: 3) }.map { ("\($0)", #"{"n":2}"#) }, in: "d")
        try state.existing("d").read { contents in
            let all = contents.changes(after: 0, through: .max, limit: .max).map(\.number)
            #expect(all.count == count)
            for (after, through) in [(0, nil), (0, 1024), (1, 1025), (count - 1, nil), (count, nil), (700, 3100)] {
                let last: Int = through ?? contents.updateNumber
                let expected = all.count { $0 > after && $0 <= last }
                #expect(contents.pending(after: after, through: through) == expected, "\(after), \(last)")
            }
            #expect(contents.pending(after: contents.updateNumber + 5) == 0)
        }
    }
}
