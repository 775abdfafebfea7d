import Glibc
import Testing

@testable import PocketCouch

@Suite struct LiveFeedTests {
    private func feed(_ server: PocketCouch, _ target: String) async throws -> RawClient {
        let client = try RawClient(port: server.port)
        client.request("GET", target)
        return client
    }

    @Test("a row that is written reaches an open continuous feed at once, behind a blank line")
    func continuous() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try await withServer(state: state) { server in
            let client = try await feed(server, "/d/_changes?feed=continuous&since=now&heartbeat=60000")
            try await client.wait { $0.chunks == ["\n"] }
            let written = ContinuousClock.now
            try state.put("a", in: "d")
            let answer = try await client.wait { $0.chunks?.count == 3 }
            // Long before the next heartbeat.
            #expect(ContinuousClock.now - written < .seconds(30))
            #expect(
                answer.chunks.map { $0.map(normalised) } == [
                    "\n", "\n", "{\"seq\":\"SEQ\",\"id\":\"a\",\"changes\":[{\"rev\":\"1-DIGEST\"}]}\n",
                ]
            )
            #expect(state.stats.openFeeds == 1)
            #expect(state.stats.count(.changes) == 1)
        }
        #expect(state.stats.openFeeds == 0)
    }

    @Test("a heartbeat is a lone newline, and comes after each interval of silence")
    func heartbeat() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try await withServer(state: state) { server in
            let client = try await feed(server, "/d/_changes?feed=continuous&heartbeat=50&timeout=1")
            let start = ContinuousClock.now
            try await client.wait { $0.chunks?.count == 5 }
            #expect(ContinuousClock.now - start >= .milliseconds(190))
            #expect(RawAnswer(client.received).chunks?.allSatisfy { $0 == "\n" } == true)
        }
    }

    @Test("a feed that times out ends with its last seq and leaves the connection usable")
    func timeout() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try state.put("a", in: "d")
        try await withServer(state: state) { server in
            let client = try RawClient(port: server.port)
            let first = try await client.exchange("GET", "/d/_changes?feed=continuous&timeout=20")
            #expect(
                first.chunks.map { $0.map(normalised) } == [
                    "{\"seq\":\"SEQ\",\"id\":\"a\",\"changes\":[{\"rev\":\"1-DIGEST\"}]}\n",
                    "{\"last_seq\":\"SEQ\",\"pending\":0}\n", "\n",
                ]
            )
            let second = try await client.exchange("GET", "/_up")
            #expect(second.status == 200)
        }
    }

    @Test("a limit ends a continuous feed at once, with what is pending")
    func limit() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try state.bulk((0..<10).map { ("\($0)", "{}") }, in: "d")
        try await withServer(state: state) { server in
            let client = try RawClient(port: server.port)
            let answer = try await client.exchange("GET", "/d/_changes?feed=continuous&limit=4&heartbeat=1000")
            #expect(answer.body.split(separator: "\n").count == 5)
            #expect(normalised(answer.body).hasSuffix("{\"last_seq\":\"SEQ\",\"pending\":6}\n\n"))
        }
    }

    @Test("a longpoll waits for the first rows, and gives them all")
    func longpoll() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try await withServer(state: state) { server in
            let client = try await feed(server, "/d/_changes?feed=longpoll&since=now&heartbeat=1000")
            try await client.wait { $0.chunks == ["{\"results\":[\n", "\n"] }
            try state.bulk([("a", "{}"), ("b", "{}")], in: "d")
            let answer = try await client.wait { $0.isComplete }
            let json = try JSONParser.parse(answer.body)
            #expect(json["results"]?.elements?.map { $0["id"]?.text } == ["a", "b"])
            #expect(json["last_seq"]?.text == (try state.updateSeq(of: "d")))
        }
    }

    @Test(
        "the deletion of a database ends its open feeds as recorded",
        arguments: [
            ("170_continuous_heartbeat_db_deleted_while_open", "continuous"),
            ("170_continuous_timeout_db_deleted_while_open", "continuous"),
            ("170_longpoll_heartbeat_db_deleted_while_open", "longpoll"),
            ("170_longpoll_timeout_db_deleted_while_open", "longpoll"),
        ]
    )
    func deletion(_ name: String, _ form: String) async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try state.put("a", in: "d")
        try await withServer(state: state) { server in
            let client = try await feed(server, "/d/_changes?feed=\(form)&since=now&heartbeat=60000")
            try await client.wait { $0.chunks?.last == "\n" }
            try state.deleteDatabase("d")
            let answer = try await client.wait { $0.isComplete }
            // How many heartbeats there were in the recording depends on its clock.
            func tail(_ chunks: [String]?) -> [String] { (chunks ?? []).map(normalised).suffix(2) }
            #expect(tail(answer.chunks) == tail(RawAnswer(try Recording(name).answer).chunks))
            // The connection is kept, and now says what has happened.
            client.forget()
            #expect(try await client.exchange("GET", "/d").status == 404)
        }
    }

    @Test("a server that stops cuts its feeds without a final chunk; the next one goes on on the same port and state")
    func restart() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try state.put("a", in: "d")
        let first = PocketCouch(state: state)
        try await first.start()
        let port = first.port
        #expect(port > 0)
        let client = try await feed(first, "/d/_changes?feed=continuous&heartbeat=1000")
        let idle = try RawClient(port: port)
        _ = try await idle.exchange("GET", "/")
        try await client.wait { $0.chunks?.count == 1 }
        let seq = try state.updateSeq(of: "d")
        await first.stop()
        try await client.waitForClose()
        try await idle.waitForClose()
        #expect(!RawAnswer(client.received).isComplete)
        #expect(first.port == 0)
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
        await #expect(throws: PocketCouch.AlreadyStarted.self) { try await first.start() }

        var configuration = PocketCouch.Configuration()
        configuration.port = port
        try state.put("b", in: "d")
        try await withServer(configuration, state: state) { second in
            #expect(second.port == port)
            let answer = try await RawClient(port: port).exchange("GET", "/d/_changes?since=\(seq)")
            #expect(try JSONParser.parse(answer.body)["results"]?.elements?.map { $0["id"]?.text } == ["b"])
        }
    }

    @Test("a port that is taken is an error of start")
    func portTaken() async throws {
        try await withServer { server in
            var configuration = PocketCouch.Configuration()
            configuration.port = server.port
            let second = PocketCouch(configuration)
            await #expect(throws: (any Error).self) { try await second.start() }
            await second.stop()
        }
    }

    @Test("a client that hangs up is noticed without a heartbeat, on every kind of feed")
    func hangUp() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try await withServer(state: state) { server in
            var clients: [RawClient]? = [
                try await feed(server, "/d/_changes?feed=continuous"),
                try await feed(server, "/d/_changes?feed=longpoll&since=now"),
                try await feed(server, "/_db_updates?feed=continuous&since=now"),
            ]
            try await eventually { state.stats.openFeeds == 2 && state.stats.openBellFeeds == 1 }
            #expect(clients?.count == 3)
            clients = nil
            try await eventually { state.stats.openFeeds == 0 && state.stats.openBellFeeds == 0 }
        }
    }

    @Test("a seq of another database, or of an earlier life, replays from the start")
    func replay() async throws {
        let state = CouchState()
        for name in ["d", "e"] { try state.createDatabase(name) }
        for id in ["a", "b", "c"] { try state.put(id, in: "d") }
        try state.put("x", in: "e")
        let (own, other) = (try state.updateSeq(of: "d"), try state.updateSeq(of: "e"))
        try await withServer(state: state) { server in
            let client = try RawClient(port: server.port)
            func ids(_ since: String) async throws -> [String?] {
                let answer = try await client.exchange("GET", "/d/_changes?since=\(since)")
                return try JSONParser.parse(answer.body)["results"]?.elements?.map { $0["id"]?.text } ?? []
            }
            #expect(try await ids(own) == [])
            #expect(try await ids("%22\(own)%22") == [])
            #expect(try await ids(other) == ["a", "b", "c"])
            try state.deleteDatabase("d")
            try state.createDatabase("d")
            #expect(try await ids(own) == [])
            try state.put("n", in: "d")
            #expect(try await ids(own) == ["n"])
            let cut = try await client.exchange("GET", "/d/_changes?since=\(own.dropLast(5))")
            #expect(cut.status == 400)
        }
    }

    @Test("a row is told once, in its latest place, and descending feeds go backwards")
    func order() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        for id in ["a", "b", "c", "a"] { try state.put(id, in: "d") }
        try await withServer(state: state) { server in
            let client = try RawClient(port: server.port)
            func ids(_ query: String) async throws -> JSON {
                try JSONParser.parse(try await client.exchange("GET", "/d/_changes?\(query)").body)
            }
            let forward = try await ids("since=0")
            #expect(forward["results"]?.elements?.map { $0["id"]?.text } == ["b", "c", "a"])
            let backward = try await ids("descending=true&limit=2")
            #expect(backward["results"]?.elements?.map { $0["id"]?.text } == ["a", "c"])
            #expect(backward["pending"] == .number(1))
        }
    }

    @Test("a normal feed of many rows comes whole, in chunks of about 1,490 bytes")
    func manyRows() async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try state.bulk((0..<5000).map { ("doc\($0)", "{}") }, in: "d")
        try await withServer(state: state) { server in
            let client = try RawClient(port: server.port)
            client.request("GET", "/d/_changes")
            // Parsed once at its end: it is long.
            try await eventually {
                client.receive()
                return client.received.suffix(5) == Array("0\r\n\r\n".utf8)
            }
            let answer = RawAnswer(client.received)
            #expect(try JSONParser.parse(answer.body)["results"]?.elements?.count == 5000)
            let sizes = try #require(answer.chunks).map(\.utf8.count)
            #expect(try #require(sizes.max()) <= 1490)
        }
    }

    @Test("a thousand feeds are open at once, all hear of a row, and a stop cuts them all")
    func thousandFeeds() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, max(limit.rlim_cur, 8192))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)

        let state = CouchState()
        try state.createDatabase("d")
        let server = PocketCouch(state: state)
        try await server.start()
        var clients: [RawClient] = []
        for _ in 0..<1000 { clients.append(try await feed(server, "/d/_changes?feed=continuous&heartbeat=10000")) }
        try await eventually { state.stats.openFeeds == 1000 }
        try state.put("a", in: "d")
        for client in clients { try await client.wait { $0.body.contains("\"id\":\"a\"") } }
        let stop = ContinuousClock.now
        await server.stop()
        #expect(ContinuousClock.now - stop < .seconds(10))
        for client in clients { try await client.waitForClose() }
        #expect(state.stats.openFeeds == 0)
    }
}
