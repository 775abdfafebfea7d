import Testing

@testable import PocketCouch

@Suite struct BellTests {
    private func event(_ kind: Bell.Kind, _ name: String) -> Bell.Event {
        Bell.Event(kind: kind, database: name)
    }

    @Test("within a window each type of each database rings once, at its latest place")
    func coalesced() {
        var bell = Bell()
        for _ in 0..<3 { bell.ring(event(.updated, "d")) }
        bell.ring(event(.created, "e"))
        bell.ring(event(.updated, "d"))
        let rung = bell.flush(shuffles: false)
        #expect(rung)
        #expect(
            bell.rows(after: 0, limit: 9).map(\.event)
                == [event(.created, "e"), event(.updated, "_dbs"), event(.updated, "d")]
        )
        let again = bell.flush(shuffles: false)
        #expect(!again)
    }

    @Test("a row moves to the end when its event comes again")
    func moves() {
        var bell = Bell()
        for name in ["d", "e", "d"] {
            bell.ring(event(.updated, name))
            _ = bell.flush(shuffles: false)
        }
        #expect(bell.rows(after: 0, limit: 9).map(\.number) == [2, 3])
        #expect(bell.rows(after: 2, limit: 9).map(\.event) == [event(.updated, "d")])
        #expect(bell.rowsDescending(limit: 1).map(\.number) == [3])
    }

    @Test("shuffled, every order of a window comes about")
    func shuffled() {
        var orders: Set<[Bell.Kind]> = []
        for _ in 0..<1000 {
            var bell = Bell()
            for kind in [Bell.Kind.created, .updated, .deleted] { bell.ring(event(kind, "d")) }
            _ = bell.flush(shuffles: true)
            orders.insert(bell.rows(after: 0, limit: 9).map(\.event).filter { $0.database == "d" }.map(\.kind))
        }
        #expect(orders.count == 6)
    }

    @Test("the journal keeps the latest events singly, and forgets the oldest")
    func journal() {
        var bell = Bell()
        for number in 0..<(Bell.journalLimit + 5) { bell.ring(event(.updated, "d\(number)")) }
        #expect(bell.events(from: 0).count == Bell.journalLimit)
        #expect(bell.events(from: Bell.journalLimit + 4).map(\.database) == ["d\(Bell.journalLimit + 4)"])
        #expect(bell.events(from: bell.journalEnd).isEmpty)
    }

    @Test("a continuous _db_updates says nothing, not even its headers, before its first row")
    func headersLate() async throws {
        let state = CouchState()
        var configuration = PocketCouch.Configuration()
        configuration.bellWindow = .milliseconds(20)
        configuration.bellShuffles = false
        try await withServer(configuration, state: state) { server in
            let client = try RawClient(port: server.port)
            client.request("GET", "/_db_updates?feed=continuous&since=now&heartbeat=60000")
            try await eventually { state.stats.openBellFeeds == 1 }
            client.receive()
            #expect(client.received.isEmpty)
            try state.createDatabase("a/b+c$(x)-_")
            let answer = try await client.wait { $0.chunks?.count == 2 }
            #expect(
                answer.chunks.map { $0.map(normalised) } == [
                    #"{"db_name":"a/b+c$(x)-_","type":"created","seq":"SEQ"}"# + "\n",
                    #"{"db_name":"_dbs","type":"updated","seq":"SEQ"}"# + "\n",
                ]
            )
        }
    }

    @Test("a normal _db_updates has the recorded chunks, and its seqs can be resumed from")
    func normal() async throws {
        let state = CouchState()
        var configuration = PocketCouch.Configuration()
        configuration.bellWindow = .zero
        try await withServer(configuration, state: state) { server in
            try state.createDatabase("d")
            try state.put("a", in: "d")
            let client = try RawClient(port: server.port)
            let answer = try await client.exchange("GET", "/_db_updates?limit=2")
            #expect(
                answer.chunks.map { $0.map(normalised) } == [
                    "{\"results\":[\n", #"{"db_name":"d","type":"created","seq":"SEQ"}"#,
                    ",\r\n" + #"{"db_name":"_dbs","type":"updated","seq":"SEQ"}"#, "\n],\n\"last_seq\":\"SEQ\"}\n",
                    "\n",
                ]
            )
            let seq = try #require(try JSONParser.parse(answer.body)["last_seq"]?.text)
            let rest = try await client.exchange("GET", "/_db_updates?since=\(seq)")
            let rows = try JSONParser.parse(rest.body)["results"]?.elements
            #expect(rows?.map { $0["type"]?.text } == ["updated"])
            #expect(rows?.map { $0["db_name"]?.text } == ["d"])
        }
    }

    @Test("a longpoll of _db_updates ends with the first window")
    func longpoll() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        state.flushBell()
        try await withServer(state: state) { server in
            let client = try RawClient(port: server.port)
            client.request("GET", "/_db_updates?feed=longpoll&since=now&heartbeat=60000")
            try await eventually { state.stats.openBellFeeds == 1 }
            try state.put("a", in: "d")
            let answer = try await client.wait { $0.isComplete }
            let rows = try JSONParser.parse(answer.body)["results"]?.elements
            #expect(rows?.map { $0["type"]?.text } == ["updated"])
        }
    }

    @Test("what the bell has not rung when the server stops is lost")
    func lost() async throws {
        let state = CouchState()
        var configuration = PocketCouch.Configuration()
        configuration.bellWindow = .seconds(3600)
        try await withServer(configuration, state: state) { _ in try state.createDatabase("d") }
        state.flushBell()
        #expect(state.readBell(\.updateNumber) == 0)
    }
}
