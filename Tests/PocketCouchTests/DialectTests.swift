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
            #expect(
                normalised(all.body)
                    == "{\"results\":[\n{\"seq\":1,\"id\":\"a\",\"changes\":[{\"rev\":\"1-DIGEST\"}]}\n],\n"
                    + "\"last_seq\":1}\n\n"
            )
            let beyond = try await client.exchange("GET", "/d/_changes?since=5")
            #expect(beyond.body == "{\"results\":[\n\n],\n\"last_seq\":5}\n\n")
            let info = try await client.exchange("GET", "/d")
            #expect(try JSONParser.parse(info.body)["update_seq"] == .number("1"))
            #expect(try server.state.updateSeq(of: "d", dialect: dialect) == "1")
            let bad = try await client.exchange("GET", "/d/_changes?since=bogus")
            #expect(bad.status == 400)
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
