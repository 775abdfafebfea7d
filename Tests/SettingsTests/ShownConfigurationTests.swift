import Testing

@testable import Settings

@Suite("What daemons are shown of the configuration")
struct ShownConfigurationTests {
    private func layers(_ texts: String...) -> Layers {
        Layers(texts.map { INIDocument(parsing: $0.bytes, file: "a.ini") })
    }

    private func shown(_ section: String, _ entry: String) throws -> String? {
        let shown = ShownConfiguration(layers("[\(section)]\n\(entry)")).section(section)
        try #require(shown.count == 1)
        return shown[0].value
    }

    @Test("sections and keys are shown as merged, in the order in which they first appeared")
    func merged() {
        let shown = ShownConfiguration(
            layers(
                "[httpd]\nport = 1\nbind_address = ::\nc = 3\n[x]\na = 1",
                "[httpd]\nz = \"4\"\nport = 2\nc =\n[x]\na ="
            )
        )
        let httpd = shown.section("httpd")
        #expect(httpd.map(\.key) == ["port", "bind_address", "z"])
        #expect(httpd.map(\.value) == ["2", "::", "\"4\""])
        #expect(shown.value("httpd", "port") == "2")
        #expect(shown.value("httpd", "c") == nil)
        #expect(shown.value("httpd", "PORT") == nil)
        #expect(shown.value("no", "port") == nil)
        #expect(shown.section("no").isEmpty)
        #expect(shown.section("x").isEmpty)
    }

    @Test("Credentials in a url that is a key are masked, and its value is found by the key as it is written")
    func urlAsKey() {
        let shown = ShownConfiguration(layers("[urls]\nhttp://u:SECRET@h/ = x"))
        #expect(shown.section("urls").map(\.key) == ["http://***@h/"])
        #expect(shown.value("urls", "http://u:SECRET@h/") == "x")
    }

    @Test(
        "a secret reads as nil, its key still there",
        arguments: [
            ("source", "username"), ("source", "password"), ("admins", "anna"), ("couch_httpd_auth", "secret"),
            ("ssl", "password"), ("x", "Password"), ("x", "db_password"), ("x", "dbPassword"), ("x", "client_secret"),
            ("x", "clientsecret"), ("x", "PROXY-SECRET"), ("x", "token"), ("x", "Token"), ("x", "bearer_token"),
            ("x", "api_key"), ("x", "API-Key"), ("x", "mapsApiKey"), ("x", "passphrase"), ("x", "passwd"),
            ("jwt_keys", "hmac:_default"), ("notifier:x", "password"), ("herald", "token"),
        ]
    )
    func secrets(section: String, key: String) throws {
        let shown = ShownConfiguration(layers("[\(section)]\n\(key) = SECRET"))
        #expect(shown.section(section).map(\.key) == [key])
        #expect(shown.section(section).map(\.value) == [nil])
        #expect(shown.value(section, key) == nil)
    }

    @Test(
        "what only resembles a secret is shown",
        arguments: [
            ("source", "password_file"), ("source", "token_file"), ("herald", "token_file"), ("x", "username"),
            ("x", "passwords"), ("x", "secretary"), ("x", "tokens"), ("x", "key"), ("x", "broken"), ("x", "timeout"),
            ("jwt_keys", "rsa:_default"), ("x", "environment"), ("x", "cert_file"),
        ]
    )
    func noSecrets(section: String, key: String) throws {
        #expect(ShownConfiguration(layers("[\(section)]\n\(key) = it")).value(section, key) == "it")
    }

    @Test(
        "credentials in urls are masked within the value",
        arguments: [
            ("url = http://u:SECRET@h:5984/x", "http://***@h:5984/x"),
            ("url = http://u:SEC|RET'S\"@h", "http://***@h"),
            ("url = http://u:SEC/R@ET@h", "http://***@h"),
            ("d = run -u postgres://u:SECRET@h/db http://h2", "run -u postgres://***@h/db http://h2"),
            ("d = curl \"http://u:SEC'RET@h\" http://v:SECRET@i", "curl \"http://***@h\" http://***@i"),
            ("d = curl http://h/ a@b", "curl http://h/ a@b"),
            ("urls = {\"a\": \"http://u:SECRET@h\"}", "{\"a\": \"http://***@h\"}"),
            (#"urls = {"a": "http:\/\/u:SECRET@h"}"#, #"{"a": "http:\/\/***@h"}"#),
        ]
    )
    func urls(entry: String, value: String) throws {
        for section in ["source", "os_daemons", "httpd"] {
            #expect(try shown(section, entry) == value)
        }
    }

    @Test(
        "of an environment the variables that sound like secrets are masked, and the rest stays as it was written",
        arguments: [
            ("A=b,  C = \"d, e\"", "A=b,  C = \"d, e\""),
            ("A=b, API_KEY=SECRET, C=\"d, \\\"\\\\e\"", "A=b, API_KEY=***, C=\"d, \\\"\\\\e\""),
            ("URL=http://u:SECRET@h, PGPASSWORD=\"SEC, RET\", B=\" x\"", "URL=http://***@h, PGPASSWORD=***, B=\" x\""),
            ("no list of variables SECRET", nil),
            ("A=\"SECRET", nil),
        ]
    )
    func environment(text: String, value: String?) throws {
        for section in ["daemon:x", "notifier:x"] {
            #expect(try shown(section, "environment = \(text)") == value)
        }
    }

    @Test("what is shown of an environment can be read back")
    func readBack() throws {
        let text = #"A="b, \"c\" \\ ", KEY=1, B=x\y"#
        let variables = try EnvironmentText.parse(try #require(EnvironmentText.masked(text)))
        #expect(variables.map(\.name) == ["A", "KEY", "B"])
        #expect(variables.map(\.value) == [#"b, "c" \ "#, "***", #"x\y"#])
    }

    @Test("no description or dump shows anything of it")
    func descriptions() {
        let old = layers("[admins]\nanna = SECRET1\nSECRET2 = x\n[x]\nunknown = SECRET3")
        let difference = LayersDifference(from: old, to: layers(""))
        #expect(!difference.isEmpty)
        var text = "\(ShownConfiguration(old)) \(difference) \(String(reflecting: difference))"
        text += String(reflecting: ShownConfiguration(old))
        dump(ShownConfiguration(old), to: &text)
        dump(difference, to: &text)
        #expect(!text.contains("SECRET"))
    }
}

@Suite("In what two configurations differ")
struct LayersDifferenceTests {
    private func difference(_ old: String, _ new: String) -> LayersDifference {
        func layers(_ text: String) -> Layers { Layers([INIDocument(parsing: text.bytes, file: "a.ini")]) }
        return LayersDifference(from: layers(old), to: layers(new))
    }

    @Test("a key that comes, goes or has another value is a change of the key and its section, and of no other")
    func changes() {
        let changes = difference(
            "[a]\nsame = 1\nother = 1\ngoes = 1\n[b]\nsame = 1\n[gone]\nx = 1",
            "[a]\nsame = 1\nother = 2\ncomes = 1\n[b]\nsame = 1\n[new]\nx = 1"
        )
        #expect(!changes.isEmpty)
        for key in ["other", "goes", "comes"] { #expect(changes.changes("a", key)) }
        #expect(!changes.changes("a", "same"))
        for section in ["a", "gone", "new"] { #expect(changes.changes(section)) }
        for section in ["b", "no"] { #expect(!changes.changes(section)) }
        #expect(changes.changes("gone", "x") && changes.changes("new", "x"))
        #expect(!changes.changes("b", "same") && !changes.changes("no", "x"))
    }

    @Test("a secret that changes is a change, though both read as nil")
    func secrets() {
        let changes = difference("[admins]\nanna = 1\nbob = 2", "[admins]\nanna = 2\nbob = 2")
        #expect(changes.changes("admins", "anna"))
        #expect(!changes.changes("admins", "bob"))
    }

    @Test("a value of other bytes is a change, though Unicode calls the two the same")
    func normalForms() {
        #expect(difference("[a]\nx = \u{e9}", "[a]\nx = e\u{301}").changes("a", "x"))
    }

    @Test(
        "places, order, comments, and saying or removing the same again change nothing",
        arguments: [
            "\n\n[b]\nz = 3\n[a]\ny = 2\nx = 1", "[a]\nx=1 ; so\ny = 2\nx = 1\n[b]\nz = 3\n",
            "[a]\nx = 7\ny = 2\n[b]\nz = 3\n[a]\nx = 1\n[c]\nw =", "[a]\nx = 1\ny = 2\nv = 1\nv =\n[b]\nz = 3\n[c]",
        ]
    )
    func sameAgain(text: String) {
        #expect(difference("[a]\nx = 1\ny = 2\n[b]\nz = 3", text).isEmpty)
    }
}
