import Testing

@testable import PocketCouch

/// Documents over HTTP, as curl examples use them.
@Suite struct DocumentAnswerTests {
    private func withDatabase(_ body: (RawClient, CouchState) async throws -> Void) async throws {
        let state = CouchState()
        try state.createDatabase("d")
        try await withServer(state: state) { server in try await body(RawClient(port: server.port), state) }
    }

    @Test("a document is created, read, replaced, deleted and created again")
    func life() async throws {
        try await withDatabase { client, _ in
            let created = try await client.exchange("PUT", "/d/a%2Fb", body: #"{"n": 1.50, "u":"é"}"#)
            #expect(created.status == 201)
            #expect(created.fields["location"] == "http://127.0.0.1:5984/d/a%2Fb")
            let rev = try #require(try JSONParser.parse(created.body)["rev"]?.text)
            #expect(created.fields["etag"] == "\"\(rev)\"")
            let read = try await client.exchange("GET", "/d/a%2Fb")
            #expect(read.body == "{\"_id\":\"a/b\",\"_rev\":\"\(rev)\",\"n\":1.50,\"u\":\"é\"}\n")
            let head = try await client.exchange("HEAD", "/d/a%2Fb")
            #expect(head.fields["content-length"] == read.fields["content-length"])
            let same = try await client.exchange("GET", "/d/a%2Fb", fields: [("If-None-Match", "\"\(rev)\"")])
            #expect(same.status == 304)
            let without = try await client.exchange("DELETE", "/d/a%2Fb")
            #expect(without.status == 409)
            let replaced = try await client.exchange("PUT", "/d/a%2Fb", fields: [("If-Match", rev)], body: "{}")
            #expect(replaced.status == 201)
            let second = try #require(try JSONParser.parse(replaced.body)["rev"]?.text)
            let old = try await client.exchange("GET", "/d/a%2Fb?rev=\(rev)")
            #expect(old.status == 404)
            let deleted = try await client.exchange("DELETE", "/d/a%2Fb?rev=\(second)")
            #expect(deleted.status == 200)
            #expect(try await client.exchange("GET", "/d/a%2Fb").body.contains("\"deleted\""))
            #expect(try await client.exchange("DELETE", "/d/a%2Fb").status == 404)
            let again = try await client.exchange("PUT", "/d/a%2Fb", body: "{}")
            #expect(try JSONParser.parse(again.body)["rev"]?.text?.hasPrefix("4-") == true)
        }
    }

    @Test("a bulk writes what it can and tells row by row what it cannot")
    func bulk() async throws {
        try await withDatabase { client, state in
            try state.put("taken", in: "d")
            let body = #"{"docs":[{"_id":"a"},{"_id":"taken"},{"_id":"_local/x"},{"_id":"_design/y"},{"n":1}]}"#
            let answer = try await client.exchange("POST", "/d/_bulk_docs", fields: jsonFields, body: body)
            #expect(answer.status == 201)
            let rows = try #require(try JSONParser.parse(answer.body).elements)
            #expect(rows.map { $0["ok"] == .bool(true) } == [true, false, true, true, true])
            #expect(
                String(decoding: rows[1].bytes, as: UTF8.self)
                    == #"{"id":"taken","error":"conflict","reason":"Document update conflict."}"#
            )
            #expect(rows[2]["rev"]?.text == "0-1")
            #expect(rows[4]["id"]?.text?.utf8.count == 32)
        }
    }

    @Test("_all_docs lists the living documents, or the keys asked for")
    func allDocuments() async throws {
        try await withDatabase { client, state in
            for id in ["b", "a", "gone"] { try state.put(id, in: "d") }
            try state.delete("gone", in: "d")
            let all = try await client.exchange("GET", "/d/_all_docs")
            #expect(
                normalised(all.body)
                    == "{\"total_rows\":2,\"offset\":0,\"rows\":[\r\n"
                    + "{\"id\":\"a\",\"key\":\"a\",\"value\":{\"rev\":\"1-DIGEST\"}},\r\n"
                    + "{\"id\":\"b\",\"key\":\"b\",\"value\":{\"rev\":\"1-DIGEST\"}}\r\n]}\n"
            )
            let keys = try await client.exchange(
                "POST",
                "/d/_all_docs?include_docs=true",
                fields: jsonFields,
                body: #"{"keys":["b","gone","nope"]}"#
            )
            let rows = try #require(try JSONParser.parse(keys.body)["rows"]?.elements)
            #expect(rows[0]["doc"]?["_id"]?.text == "b")
            #expect(rows[1]["value"]?["deleted"] == .bool(true))
            #expect(rows[2]["error"]?.text == "not_found")
        }
    }

    @Test("more than 100 names in _dbs_info are refused as recorded")
    func tooManyNames() async throws {
        try await withDatabase { client, _ in
            func ask(_ count: Int) async throws -> RawAnswer {
                let keys = JSON.array((0..<count).map { .string("d\($0)") })
                let body = String(decoding: JSON.members(["keys": keys]).bytes, as: UTF8.self)
                return try await client.exchange("POST", "/_dbs_info", fields: jsonFields, body: body)
            }
            #expect(try await ask(100).status == 200)
            let refused = try await ask(101)
            #expect(refused.status == 400)
            #expect(refused.body == "{\"error\":\"bad_request\",\"reason\":\"too_many_keys\"}\n")
        }
    }

    @Test(
        "nothing that a client sends is worse than an error answer",
        arguments: [
            ("PUT", "/d/x", "nonsense", 400), ("PUT", "/d/x", "[]", 400), ("PUT", "/d/_x", "{}", 400),
            ("PUT", "/d/_design/", "{}", 404), ("GET", "/d/x/y", "", 404), ("GET", "/d/_design/x/y", "", 404),
            ("POST", "/d/_bulk_docs", "{}", 415), ("PATCH", "/d", "{}", 405), ("DELETE", "/", "", 405),
            ("PUT", "/%00", "", 400), ("PUT", "/%FF", "", 400), ("GET", "/%ZZ/%", "", 404),
            ("GET", "/d/_changes?filter=a/b", "", 501), ("GET", "/d/_changes?feed=eventsource", "", 501),
            ("GET", "/d/_changes?seq_interval=x", "", 500), ("GET", "/_all_dbs?limit=x", "", 400),
            ("GET", "/_all_dbs?startkey=x", "", 400), ("GET", "/d/_all_docs?keys=1", "", 400),
            ("PUT", "/d/x?rev=1", "{}", 400), ("PUT", "/d/x", #"{"_attachments":{}}"#, 400),
            ("PUT", "/d/_security", "[]", 400), ("GET", "/_uuids?count=-1", "", 200),
        ]
    )
    func badRequests(_ method: String, _ target: String, _ body: String, _ status: Int) async throws {
        try await withDatabase { client, _ in
            let answer = try await client.exchange(method, target, body: body)
            #expect(answer.status == status, "\(answer.body)")
            let next = try await client.exchange("GET", "/d")
            #expect(next.status == 200)
        }
    }

    @Test("the state's own calls tell what a client would be told")
    func state() throws {
        let state = CouchState(uuid: "u")
        #expect(state.uuid == "u")
        #expect(throws: CouchError.self) { try state.createDatabase("Upper") }
        try state.createDatabase("b")
        try state.createDatabase("a/b")
        #expect(throws: CouchError.fileExists) { try state.createDatabase("b") }
        #expect(state.databaseNames == ["a/b", "b"])
        #expect(try state.put("x", in: "b").hasPrefix("1-"))
        #expect(try state.put("x", #"{"_rev":"7-z"}"#, in: "b").hasPrefix("2-"))
        #expect(try state.delete("x", in: "b").hasPrefix("3-"))
        #expect(throws: CouchError.self) { try state.delete("x", in: "b") }
        #expect(throws: CouchError.invalidJSON) { try state.put("y", "{", in: "b") }
        #expect(throws: CouchError.missingDatabase) { try state.put("y", in: "nope") }
        try state.deleteDatabase("b")
        #expect(throws: CouchError.missingDatabase) { try state.deleteDatabase("b") }
        #expect(state.databaseNames == ["a/b"])
    }
}
