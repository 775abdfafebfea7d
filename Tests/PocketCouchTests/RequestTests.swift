import Testing

@testable import PocketCouch

/// The pure decisions about requests.
@Suite struct RequestTests {
    @Test(
        "a path is split before it is decoded, and an unescaped plus is a blank",
        arguments: [
            ("/", []), ("", []), ("/db", ["db"]), ("/db/", ["db"]), ("/a%2Fb%2Bc%24%28x%29-_", ["a/b+c$(x)-_"]),
            ("/a%2Fb+c$(x)-_", ["a/b c$(x)-_"]), ("/db/_design/x", ["db", "_design", "x"]), ("/%", ["%"]),
            ("/%4", ["%4"]), ("/%zz", ["%zz"]), ("/%C3%A9", ["\u{E9}"]),
        ] as [(String, [String])]
    )
    func paths(_ target: String, _ segments: [String]) {
        #expect(RequestTarget(target).segments == segments)
    }

    @Test("of a parameter that comes twice the last counts")
    func parameters() {
        let target = RequestTarget("/db?since=1&since=2%26&empty&x=a=b")
        #expect(target["since"] == "2&")
        #expect(target["empty"] == "")
        #expect(target["x"] == "a=b")
        #expect(target["y"] == nil)
    }

    @Test(
        "basic credentials are read as they are sent",
        arguments: [
            ("YWRtaW46c2VjcmV0", "admin:secret"), ("Ym9iOnB3", "bob:pw"), ("YTpi", "a:b"), ("", ""), ("!!!", nil),
            ("/w==", nil),
        ]
    )
    func base64(_ text: String, _ plain: String?) {
        #expect(Authority.base64(text) == plain)
    }

    @Test("a user is a member of the listed databases, until _security says otherwise")
    func members() throws {
        let user = Authority.Caller.user("bob", databases: ["bobs"])
        func may(_ caller: Authority.Caller, _ security: JSON? = nil, _ name: String = "bobs") -> Int {
            do throws(CouchError) {
                try Authority.requireMember(caller, of: name, security: security)
                return 200
            } catch {
                return error.status
            }
        }
        let named = try JSONParser.parse(#"{"members":{"names":["bob"]}}"#)
        let other = try JSONParser.parse(#"{"members":{"names":["eve"]}}"#)
        #expect(may(user) == 200)
        #expect(may(user, nil, "others") == 403)
        #expect(may(user, named, "others") == 200)
        #expect(may(user, other) == 403)
        #expect(may(.anonymous) == 401)
        #expect(may(.anonymous, .object([])) == 200)
        #expect(may(.admin("admin"), other) == 200)
        #expect(throws: CouchError.self) { try Authority.requireAdmin(user) }
    }

    @Test(
        "keys are chosen by start, end, skip, limit and direction",
        arguments: [
            ("", "abcd"), (#"startkey="b""#, "bcd"), (#"endkey="b""#, "ab"),
            (#"endkey="b"&inclusive_end=false"#, "a"), ("limit=2", "ab"), ("skip=1&limit=2", "bc"), ("limit=0", ""),
            ("descending=true", "dcba"), (#"descending=true&startkey="c""#, "cba"), (#"key="c""#, "c"),
            (#"start_key="c"&end_key="c""#, "c"),
        ]
    )
    func keys(_ query: String, _ expected: String) throws {
        let range = try KeyRange(RequestTarget("/_all_dbs?" + query))
        #expect(range.choose(["a", "b", "c", "d"]).joined() == expected)
    }

    @Test(
        "no number of a query is too large or too small for the server",
        arguments: ["limit", "timeout", "heartbeat"]
    )
    func numbers(_ name: String) {
        for text in ["9223372036854775807", "99999999999999999999", "-1", "-9223372036854775808", "1e3", "", " 1"] {
            let result = Result { () throws(CouchError) in
                try FeedOptions(changes: RequestTarget("/d/_changes?\(name)=\(text)"))
            }
            switch result {
            case .success(let options):
                #expect(options.silence <= 86_400_000)
                #expect(options.limit <= FeedOptions.unlimited)
            case .failure(let error): #expect([400, 500].contains(error.status))
            }
        }
    }
}
