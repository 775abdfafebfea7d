import Testing

@testable import PocketCouch

@Suite struct DialectTests {
    private func withServer(_ dialect: Dialect, _ body: (PocketCouch, RawClient) async throws -> Void) async throws {
        var configuration = PocketCouch.Configuration()
        configuration.dialect = dialect
        let state = CouchState(uuid: "00000000000000000000000000000001") { 1_700_000_000_123_456 }
        try state.createDatabase("d")
        try state.put("a", in: "d")
        try await PocketCouchTests.withServer(configuration, state: state) { server in
            try await body(server, RawClient(port: server.port))
        }
    }

    @Test(
        "GET / says which server it is",
        arguments: [
            (Dialect.couchDB3, #"{"couchdb":"Welcome","version":"3.5.0","#),
            (.couchDB2, #"{"couchdb":"Welcome","version":"2.3.1","#),
            (.couchDB1, #"{"couchdb":"Welcome","uuid":"00000000000000000000000000000001","version":"1.7.2","#),
            (.pouchDBServer, #"{"express-pouchdb":"Welcome!","version":"4.2.0","vendor":{"name":"PouchDB authors","#),
            (.cloudant, #"{"couchdb":"Welcome","version":"3.5.0","git_sha":"11f0d36","vendor":{"name":"IBM Cloudant""#),
        ]
    )
    func welcome(_ dialect: Dialect, _ start: String) async throws {
        try await withServer(dialect) { _, client in
            let answer = try await client.exchange("GET", "/")
            #expect(answer.body.hasPrefix(start))
            #expect(try JSONParser.parse(answer.body)["uuid"]?.text == "00000000000000000000000000000001")
        }
    }

    @Test(
        "instance_start_time says what each server makes of it",
        arguments: [
            (Dialect.couchDB3, "1700000000"), (.couchDB2, "0"), (.couchDB1, "1700000000123456"),
            (.pouchDBServer, "1700000000123"), (.cloudant, "1700000000"),
        ]
    )
    func startTime(_ dialect: Dialect, _ time: String) async throws {
        try await withServer(dialect) { _, client in
            let answer = try await client.exchange("GET", "/d")
            #expect(try JSONParser.parse(answer.body)["instance_start_time"]?.text == time)
        }
    }

    @Test(
        "seqs are integers where they are, and there a since beyond the end hides the rows before it",
        arguments: [Dialect.couchDB1, .pouchDBServer]
    )
    func integers(_ dialect: Dialect) async throws {
        try await withServer(dialect) { server, client in
            let all = try await client.exchange("GET", "/d/_changes")
            let beyond = try await client.exchange("GET", "/d/_changes?since=5")
            if dialect == .pouchDBServer {
                #expect(
                    normalised(all.body)
                        == #"{"results":[{"id":"a","changes":[{"rev":"1-DIGEST"}],"seq":1}],"last_seq":1}"# + "\n"
                )
                #expect(beyond.body == #"{"results":[],"last_seq":5}"# + "\n")
            } else {
                #expect(
                    normalised(all.body)
                        == "{\"results\":[\n{\"seq\":1,\"id\":\"a\",\"changes\":[{\"rev\":\"1-DIGEST\"}]}\n],\n"
                        + "\"last_seq\":1}\n\n"
                )
                #expect(beyond.body == "{\"results\":[\n\n],\n\"last_seq\":5}\n\n")
            }
            let info = try await client.exchange("GET", "/d")
            #expect(try JSONParser.parse(info.body)["update_seq"] == .number("1"))
            #expect(try server.state.updateSeq(of: "d", dialect: dialect) == "1")
            let bad = try await client.exchange("GET", "/d/_changes?since=bogus")
            #expect(bad.status == 400)
        }
    }

    @Test("A normal feed is read in steps, with documents, in every dialect", arguments: Dialect.allCases)
    func steps(_ dialect: Dialect) async throws {
        try await withServer(dialect) { server, client in
            for id in ["b", "c", "x"] { try server.state.put(id, #"{"big":12345678901234567890}"#, in: "d") }
            try server.state.delete("b", in: "d")
            var since = "0"
            var rows: [JSON] = []
            for pending in [3, 2, 1, 0, 0] {
                let answer = try await client.exchange(
                    "GET",
                    "/d/_changes?limit=1&seq_interval=1000&include_docs=true&since=\(since)"
                )
                let json = try JSONParser.parse(answer.body)
                rows += json["results"]?.elements ?? []
                #expect(json["pending"] == (dialect.hasIntegerSeqs ? nil : .number(pending)))
                if case .number(let digits)? = json["last_seq"] {
                    since = digits
                } else {
                    since = try #require(json["last_seq"]?.text)
                }
            }
            #expect(rows.compactMap { $0["id"]?.text } == ["a", "c", "x", "b"])
            #expect(rows.map { $0["deleted"] != nil } == [false, false, false, true])
            #expect(rows[1]["doc"]?["big"] == .number("12345678901234567890"))
            // The limit is 1 each time, and 1 is no multiple of the interval.
            #expect(rows.allSatisfy { ($0["seq"] == .null) == !dialect.hasIntegerSeqs })
            #expect(since == (try server.state.updateSeq(of: "d", dialect: dialect)))
        }
    }

    @Test("A cluster tells how many copies it has, where the server tells", arguments: Dialect.allCases)
    func copies(_ dialect: Dialect) async throws {
        var configuration = PocketCouch.Configuration()
        configuration.dialect = dialect
        configuration.clusterCopies = 3
        let state = CouchState()
        try state.createDatabase("d")
        try await PocketCouchTests.withServer(configuration, state: state) { server in
            let client = try RawClient(port: server.port)
            let wanted: String? = dialect.hasIntegerSeqs ? nil : #"{"q":2,"n":3,"w":2,"r":2}"#
            let info = try JSONParser.parse(try await client.exchange("GET", "/d").body)
            #expect(info["cluster"].map { String(decoding: $0.bytes, as: UTF8.self) } == wanted)
            guard wanted != nil else { return }
            let many = try await client.exchange("POST", "/_dbs_info", fields: jsonFields, body: #"{"keys":["d"]}"#)
            #expect(try JSONParser.parse(many.body).elements?.first?["info"]?["cluster"] == info["cluster"])
        }
    }

    @Test(
        "_db_updates and _dbs_info are missing where they are",
        arguments: [
            (Dialect.couchDB3, 200, 200, 200), (.couchDB2, 200, 405, 200), (.couchDB1, 0, 404, 404),
            (.pouchDBServer, 400, 404, 404), (.cloudant, 403, 200, 200),
        ]
    )
    func missing(_ dialect: Dialect, _ updates: Int, _ get: Int, _ post: Int) async throws {
        try await withServer(dialect) { _, client in
            if updates > 0 { #expect(try await client.exchange("GET", "/_db_updates").status == updates) }
            #expect(try await client.exchange("GET", "/_dbs_info").status == get)
            let posted = try await client.exchange("POST", "/_dbs_info", fields: jsonFields, body: #"{"keys":["d"]}"#)
            #expect(posted.status == post)
        }
    }

    @Test("CouchDB 1 tells of one event and ends, and calls a missing database no_db_file")
    func first() async throws {
        try await withServer(.couchDB1) { server, client in
            client.request("GET", "/_db_updates")
            try await eventually { server.state.stats.openBellFeeds == 1 }
            try server.state.put("b", in: "d")
            let answer = try await client.wait { $0.isComplete }
            #expect(answer.body == "{\"ok\":true,\"type\":\"updated\",\"db_name\":\"d\"}\n")
            let other = try RawClient(port: server.port)
            #expect(
                try await other.exchange("GET", "/nope").body == "{\"error\":\"not_found\",\"reason\":\"no_db_file\"}\n"
            )
        }
    }
}
