import Curl
import TestSupport
import Testing

@testable import CouchFeed

@Suite("What answers come to")
struct AnswerTests {
    private func answer(_ status: Int, _ body: String) -> Answer<[UInt8]> {
        Answer(.success(Response(head: ResponseHead(status: status), body: Array(body.utf8))))
    }

    @Test("404 counts only with CouchDB's own not_found: a proxy's says nothing of a database")
    func missing() {
        guard case .missing = answer(404, #"{"error":"not_found","reason":"Database does not exist."}"#),
            case .missing = answer(404, #"{"error":"not_found","reason":"no_db_file"}"#)
        else { return #expect(Bool(false), "CouchDB's own 404 is not taken for one") }
        for body in ["", "<html>404</html>", #"{"message":"no route"}"#, #"{"error":"gone"}"#] {
            guard case .unavailable = answer(404, body) else {
                #expect(Bool(false), "taken for CouchDB's: \(body)")
                continue
            }
        }
    }

    @Test("401 and 403 are refusals and carry the server's reason", arguments: [401, 403])
    func refused(status: Int) {
        guard case .refused(let refusal) = answer(status, #"{"error":"x","reason":"You are not allowed."}"#) else {
            return #expect(Bool(false), "no refusal")
        }
        #expect(refusal.status == status)
        #expect(refusal.why == "\(status) You are not allowed.")
        #expect(!refusal.hint.isEmpty)
    }

    @Test("What a server says when it is not well is a reason to try again", arguments: [412, 429, 500, 502, 503, 504])
    func unavailable(status: Int) {
        var head = ResponseHead(status: status)
        head.retryAfter = .seconds(3)
        let body = Array(#"{"error":"nodedown","reason":"progress not possible"}"#.utf8)
        guard case .unavailable(let why, let retryAfter) = Answer(.success(Response(head: head, body: body))) else {
            return #expect(Bool(false), "not unavailable")
        }
        #expect(why == "\(status) progress not possible")
        #expect(retryAfter == .seconds(3))
    }

    @Test("A redirection says where it leads")
    func redirected() {
        var head = ResponseHead(status: 301)
        head.location = "https://example.org/"
        guard case .unavailable(let why, _) = Answer(.success(Response(head: head, body: []))) else {
            return #expect(Bool(false), "not unavailable")
        }
        #expect(why.contains("https://example.org/") && why.contains("url"))
    }

    @Test("Names come out of a list as they are")
    func names() {
        #expect(
            databaseNames(json: Array(#"["_users", "a/b+c$(x)-_","\u00fc"]"#.utf8)) == ["_users", "a/b+c$(x)-_", "ü"]
        )
        #expect(databaseNames(json: Array("[]".utf8)) == [])
        #expect(databaseNames(json: Array(#"{"error":"x"}"#.utf8)) == nil)
        #expect(databaseNames(json: Array(#"["a","#.utf8)) == nil)
    }

    @Test("What is left of a feed is what the server counts, where it does")
    func pending() throws {
        let recording = try Recording.load("037_changes_limit2")
        let text = String(decoding: recording.body, as: UTF8.self)
        let told = try #require(text.split(separator: "\"pending\":").last?.prefix { $0.isNumber })
        #expect(pendingCount(json: recording.body) == Int(told))
        #expect(pendingCount(json: Array(#"{"results":[],"last_seq":5}"#.utf8)) == nil)
        #expect(pendingCount(json: Array(#"{"pending":3"#.utf8)) == nil)
    }

    @Test("update_seq keeps its JSON, whatever it is", arguments: [#""5-g1AA""#, "5", #"[5,"g1AA"]"#])
    func infos(seq: String) {
        let json = #"{"db_name":"d","update_seq":\#(seq),"sizes":{"file":1},"instance_start_time":"1795218688"}"#
        let info = DatabaseInfo(json: Array(json.utf8))
        #expect(info == DatabaseInfo(instanceStartTime: "1795218688", updateSeq: Seq(json: seq.utf8)))
    }

    @Test(
        "The copies in a cluster are known, and are one where nothing is said of them",
        arguments: [
            (#""cluster":{"q":2,"n":3,"w":2,"r":2}"#, 3), (#""cluster":{"q":2,"n":1,"w":1,"r":1}"#, 1),
            (#""cluster":{"q":2}"#, 1), (#""cluster":null"#, 1), (#""x":{"n":3}"#, 1),
        ]
    )
    func copies(member: String, copies: Int) {
        let json = #"{"update_seq":"5-g1AA",\#(member),"instance_start_time":"0"}"#
        #expect(DatabaseInfo(json: Array(json.utf8))?.copies == copies)
        let many = #"[{"key":"d","info":\#(json)},{"key":"e","error":"not_found"}]"#
        #expect(DatabaseInfo.many(json: Array(many.utf8))?["d"]?.copies == copies)
    }

    @Test("What is no CouchDB is recognised by its welcome")
    func welcomes() {
        func info(_ json: String) -> ServerInfo? { ServerInfo(json: Array(json.utf8)) }
        #expect(info(#"{"couchdb":"Welcome","version":"1.7.2","vendor":{"name":"x"}}"#)?.description == "CouchDB 1.7.2")
        #expect(
            info(#"{"express-pouchdb":"Welcome!","version":"4.2.0","uuid":"u"}"#)
                == ServerInfo(kind: .pouchDBServer, version: "4.2.0", uuid: "u")
        )
        #expect(
            info(#"{"couchdb":"Welcome","version":"3.4.2","vendor":{"name":"IBM Cloudant","version":"9"}}"#)?.kind
                == .cloudant
        )
        #expect(info(#"{"name":"node-1","cluster_name":"elasticsearch"}"#) == nil)
        #expect(info("<html></html>") == nil)
        #expect(info(#"{"couchdb":"Welcome""#) == nil)
    }
}
