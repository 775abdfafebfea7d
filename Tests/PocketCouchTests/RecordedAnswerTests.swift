import Testing

@testable import PocketCouch

/// Each recorded request is sent to the embedded server as it was sent to CouchDB 3.5.0, and the answers are compared:
/// status, headers, body, chunks. Only what no two servers have in common is left out.
@Suite struct RecordedAnswerTests {
    @Test("server and databases are answered as recorded")
    func databases() async throws {
        let state = CouchState()
        for name in ["_users", "_replicator", "_global_changes"] { try state.createDatabase(name) }
        try await replay(
            [
                "003_all_dbs", "004_up", "005_put_db", "006_put_db_again", "007_put_db_special", "008_put_db_upper_bad",
                "009_put_db_digit_bad", "010_put_db_underscore_bad", "011_get_db_info", "012_get_db_special_info",
                "013_get_db_special_plus_unescaped", "014_get_db_missing", "015_changes_db_missing",
                "016_changes_db_missing_cont", "017_get_db_accept_json", "018_get_db_no_accept", "020_head_db",
                "021_dbs_info", "022_all_dbs_params", "023_changes_empty", "024_changes_trailing_slash",
            ],
            state
        )
    }

    @Test(
        "documents and _changes are answered as recorded",
        arguments: [
            "031_put_doc_conflict409", "033_get_deleted_doc", "034_get_missing_doc", "035_changes_normal",
            "037_changes_limit2", "039_changes_limit0", "040_changes_since_now",
            "041_changes_since_0", "042_00_changes_since_bogus", "042_01_changes_since_int",
            "042_02_changes_since_intstr", "042_03_changes_since_bad64", "042_04_changes_since_empty",
            "042_05_changes_since_quotednow", "042_06_changes_since_neg", "042_07_changes_since_big",
            "042_08_changes_since_json0", "042_09_changes_since_trunc", "045_changes_seq_interval3",
            "046_changes_style_all_docs", "047_changes_feed_bogus", "048_changes_limit_abc",
            "049_changes_heartbeat_abc", "049b_changes_heartbeat_0", "049c_changes_timeout_abc",
            "052_longpoll_timeout2000", "065_continuous_since_bogus", "235_head_changes",
            "235b_head_changes_continuous", "236_put_changes_405", "237b_long_url_8200",
        ]
    )
    func changes(_ name: String) async throws {
        let state = CouchState()
        try state.createDatabase("c1")
        try state.put("doc3", #"{"n":3}"#, in: "c1")
        try state.put("doc2", #"{"n":2}"#, in: "c1")
        try state.delete("doc2", in: "c1")
        try state.put("doc0", #"{"n":0}"#, in: "c1")
        try state.put("doc4", #"{"n":4}"#, in: "c1")
        try state.put("doc1", #"{"n":1}"#, in: "c1")
        try state.put("doc1", #"{"n":11}"#, in: "c1")
        try await replay([name], state)
    }

    @Test("documents are included as recorded")
    func includedDocuments() async throws {
        let state = CouchState()
        try state.createDatabase("c1")
        try state.put("doc3", #"{"n":3}"#, in: "c1")
        try state.put("doc0", #"{"n":0}"#, in: "c1")
        try state.put("doc2", #"{"n":2}"#, in: "c1")
        try state.delete("doc2", in: "c1")
        try state.put("doc4", #"{"n":4}"#, in: "c1")
        try state.put("doc1", #"{"n":1}"#, in: "c1")
        try state.put("doc1", #"{"n":11}"#, in: "c1")
        try await replay(["036_changes_include_docs"], state)
    }

    @Test("ids of any characters and lengths are written as recorded")
    func oddIDs() async throws {
        let state = CouchState()
        try state.createDatabase("ids")
        let recording = try Recording("071_changes_odd_ids")
        let recorded = RawAnswer(recording.answer)
        let rows = try #require(JSONParser.parse(recorded.body)["results"]?.elements)
        try #require(rows.count > 20)
        for row in rows {
            let document = try #require(row["doc"])
            try state.put(try #require(row["id"]?.text), String(decoding: document.bytes, as: UTF8.self), in: "ids")
        }
        try state.put("_local/x", #"{"v":1}"#, in: "ids")
        try await replay(["070c_bulk_lone_surrogate", "072_get_local"], state)
        try await withServer(.recorded, state: state) { server in
            let answer = try await RawClient(port: server.port).exchange("GET", recording.target, fields: adminFields)
            #expect(normalised(answer.body) == normalised(recorded.body))
        }
    }

    @Test("conflicting branches are answered as recorded")
    func conflicts() async throws {
        let state = CouchState()
        try state.createDatabase("conf")
        try await withServer(.recorded, state: state) { server in
            let body = #"""
                {"new_edits":false,"docs":[{"_id":"k","_rev":"1-bbbb","v":1},{"_id":"k","_rev":"2-cccc","v":3},
                {"_id":"z","_rev":"1-dddd","_deleted":true},{"_id":"z","_rev":"1-eeee","v":9}]}
                """#
            let client = try RawClient(port: server.port)
            let answer = try await client.exchange(
                "POST",
                "/conf/_bulk_docs",
                fields: adminFields + jsonFields,
                body: body
            )
            #expect(answer.status == 201)
            #expect(answer.body == "[]\n")
        }
        try await replay(
            [
                "085_conflicts_main_only", "086_conflicts_all_docs", "087_conflicts_all_docs_include_docs_conflicts",
                "088_conflicts_include_docs_conflicts",
            ],
            state
        )
    }

    @Test("POST _changes is answered as recorded")
    func postedChanges() async throws {
        let state = CouchState()
        try state.createDatabase("filt")
        for id in ["f0", "f1", "f4", "f5", "_design/dd", "_design/dd", "f2", "f3"] { try state.put(id, in: "filt") }
        try await replay(
            [
                "101_post_changes_empty_body", "101b_post_changes_since_in_body", "102_post_changes_badjson",
                "103_post_changes_415",
            ],
            state
        )
    }

    @Test(
        "an idle _db_updates is answered as recorded",
        arguments: [
            "111_dbupdates_since_now", "113_dbupdates_since_bogus", "114_dbupdates_feed_bogus", "116_dbupdates_noauth",
            "123_dbupdates_longpoll_timeout", "125_dbupdates_continuous_timeout", "236b_post_dbupdates_405",
        ]
    )
    func idleBell(_ name: String) async throws {
        try await replay([name], CouchState())
    }

    @Test("without _global_changes _db_updates is 404 as recorded")
    func bellOff() async throws {
        var configuration = PocketCouch.Configuration.recorded
        configuration.bellEnabled = false
        try await replay(
            ["213_db_updates_without_global_changes", "213b_db_updates_cont_without_global_changes"],
            CouchState(),
            configuration
        )
    }

    @Test("who may not read is told so as recorded")
    func authentication() async throws {
        let state = CouchState()
        try state.createDatabase("au19030")
        for id in ["a", "es"] { try state.put(id, in: "au19030") }
        try await replay(
            [
                "140_changes_noauth_401", "141_changes_wrong_password_401", "142_changes_unknown_user_401",
                "142b_changes_garbage_basic", "142c_changes_bearer", "144_all_dbs_noauth", "144b_missing_db_noauth",
                "146_changes_non_member_403", "147_all_dbs_nonadmin", "148_dbupdates_nonadmin",
                "150_get_session_basic", "150b_get_session_anonymous",
            ],
            state
        )
        try await withServer(.recorded, state: state) { server in
            let security = #"{"members":{"names":["bob"],"roles":["_admin"]}}"#
            let client = try RawClient(port: server.port)
            let answer = try await client.exchange("PUT", "/au19030/_security", fields: adminFields, body: security)
            #expect(answer.status == 200)
        }
        try await replay(["149_changes_member_200"], state)
    }

    /// All on one connection, which must stay usable.
    private func replay(
        _ names: [String],
        _ state: CouchState,
        _ configuration: PocketCouch.Configuration = .recorded
    ) async throws {
        try await withServer(configuration, state: state) { server in
            let client = try RawClient(port: server.port)
            for name in names {
                let recording = try Recording(name)
                let isHead = recording.method == "HEAD"
                let wanted = RawAnswer(recording.answer, isHead: isHead)
                let answer = try await client.exchange(
                    recording.method,
                    recording.target,
                    fields: recording.fields,
                    body: recording.body
                )
                #expect(answer.status == wanted.status, "\(name)")
                #expect(normalised(answer.body) == normalised(wanted.body), "\(name)")
                #expect(answer.chunks?.map(normalised) == wanted.chunks?.map(normalised), "\(name)")
                // CouchDB adds these where its code happens to.
                let ignored: Set = ["connection", "x-couch-request-id", "x-couchdb-body-time", "x-couch-stack-hash"]
                #expect(Set(answer.fields.keys).union(ignored) == Set(wanted.fields.keys).union(ignored), "\(name)")
                for field in ["cache-control", "content-type", "location", "allow"] {
                    #expect(answer.fields[field] == wanted.fields[field], "\(name): \(field)")
                }
            }
        }
    }
}
