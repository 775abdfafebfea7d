import Testing

@testable import Settings

@Suite("Database filters")
struct DatabaseFilterTests {
    @Test(
        "a filter matches what an include names and no exclude does",
        arguments: [
            ("*", ["a", "a/b", "z+$()-_0"], ["_users", "_x"]),
            ("orders", ["orders"], ["order", "orders1", "", "Orders"]),
            ("orders, invoices-*", ["orders", "invoices-", "invoices-a/b"], ["invoices", "x"]),
            ("a?c", ["abc", "a/c", "a\u{e9}c", "a\u{1f600}c"], ["ac", "abbc"]),
            ("!secret", ["a", "secrets"], ["secret", "_users"]),
            ("!b*, *", ["a"], ["b", "bc"]),
            ("*, !a*, abc", ["b"], ["abc", "a"]),
            ("_users", ["_users"], ["users", "_replicator"]),
            ("_*", ["_users", "_"], ["users"]),
            ("*, _users", ["a", "_users"], ["_replicator"]),
            ("?users", ["xusers"], ["_users"]),
            ("*_*, !*_x", ["a_b"], ["_users", "a_x", "ab"]),
            ("_*, !_r*", ["_users"], ["_replicator"]),
            ("a**b", ["ab", "axb"], ["a", "b"]),
            ("*a*b", ["ab", "xaxbxb"], ["xaxbx"]),
            ("**", ["a", "ab"], ["_a"]),
        ]
    )
    func matching(text: String, wanted: [String], unwanted: [String]) throws {
        let filter = try DatabaseFilter(text)
        for name in wanted { #expect(filter.matches(name), "\(name)") }
        for name in unwanted { #expect(!filter.matches(name), "\(name)") }
    }

    @Test("names without wildcard are told apart from globs")
    func literals() throws {
        let filter = try DatabaseFilter("b, a, b, x*, !a")
        #expect(filter.literalNames == ["b"])
        #expect(filter.hasGlobs)
        #expect(try !DatabaseFilter("a, b").hasGlobs)
        #expect(try DatabaseFilter("!a").hasGlobs)
        #expect(try !DatabaseFilter("a, !b*").hasGlobs)
        #expect(filter.description == "b, a, b, x*, !a")
    }

    @Test("a hostile glob costs no more than the product of the lengths", .timeLimit(.minutes(1)))
    func hostile() throws {
        let filter = try DatabaseFilter(String(repeating: "a*", count: 2000) + "b")
        #expect(!filter.matches(String(repeating: "a", count: 20_000)))
    }

    @Test("empty patterns and blanks within one are faults", arguments: ["a,,b", "a,", ",", "!", "a, !", "a b", "! a"])
    func faulty(text: String) {
        #expect(throws: Fault.self) { try DatabaseFilter(text) }
    }
}

@Suite("Durations")
struct DurationTextTests {
    private let bounds: ClosedRange<Duration> = .milliseconds(100) ... .seconds(3600)

    @Test(
        "a number and a unit is a duration",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("10s", .seconds(10)), ("5m", .seconds(300)), ("1h", .seconds(3600)),
            ("1.5s", .milliseconds(1500)), ("0.1s", .milliseconds(100)), ("007s", .seconds(7)),
            ("100.5ms", .microseconds(100_500)), ("0.1d", .seconds(8640)), ("2d", .seconds(172_800)),
        ]
    )
    func durations(text: String, expected: Duration) throws {
        #expect(try DurationText.parse(text, within: .zero ... .seconds(864_000), example: "10s") == expected)
    }

    @Test(
        "anything else is refused with an example",
        arguments: [
            "", "s", "10", "10 s", "10S", "-1s", "+1s", "1.s", ".5s", "1.55s", "1,5s", "1e3s", "10d",
            "9223372036854775807d", "1000000000000d", "ten", "1s1",
            "99ms", "2h", "3600.1s", "0s", "99999999999999999999s", "9223372036854775807h", "\u{661}s", "1..1s",
        ]
    )
    func refused(text: String) throws {
        let complaint = #expect(throws: Complaint.self) {
            try DurationText.parse(text, within: bounds, example: "10s")
        }
        let hint = try #require(complaint).hint
        #expect(hint.contains("10s") || hint.contains("100ms to 1h"))
    }

    @Test("a duration is written as it would be read", arguments: ["500ms", "10s", "90s", "5m", "1h", "1500ms"])
    func written(text: String) throws {
        #expect(DurationText.text(try DurationText.parse(text, within: bounds, example: "10s")) == text)
    }
}

@Suite("Sizes")
struct SizeTextTests {
    private let bounds = 64_000...1_000_000_000

    @Test(
        "a number and a unit is a size, and 1 kB is 1,000 bytes",
        arguments: [
            ("64kB", 64_000), ("4MB", 4_000_000), ("1GB", 1_000_000_000), ("65536B", 65_536), ("1.5MB", 1_500_000),
            ("0.1GB", 100_000_000), ("0064kB", 64_000),
        ]
    )
    func sizes(text: String, expected: Int) throws {
        #expect(try SizeText.parse(text, within: bounds, example: "outbox = 4MB") == expected)
    }

    @Test(
        "anything else is refused with an example or the range",
        arguments: [
            "", "MB", "4000000", "4 MB", "4mb", "4M", "4MiB", "-4MB", "4.MB", ".5MB", "1.55MB", "1,5MB", "65536.5B",
            "63999B", "1.1GB", "0B", "9223372036854775807GB", "99999999999999999999B", "\u{664}MB",
        ]
    )
    func refused(text: String) throws {
        let complaint = #expect(throws: Complaint.self) {
            try SizeText.parse(text, within: bounds, example: "outbox = 4MB")
        }
        let hint = try #require(complaint).hint
        #expect(hint.contains("outbox = 4MB") || hint.contains("64kB to 1GB"))
    }

    @Test("a size is written as it would be read", arguments: ["64kB", "4MB", "1GB", "65536B", "1500kB"])
    func written(text: String) throws {
        #expect(SizeText.text(try SizeText.parse(text, within: bounds, example: "4MB")) == text)
    }
}

@Suite("Command lines")
struct CommandTextTests {
    @Test(
        "what /bin/sh accepts is accepted",
        arguments: [
            "cat", "ruby x.rb -with \"cmd line arg\"", "echo 'it''s'", "echo \"it's\"", "echo it\\'s", "echo \\\"",
            "echo \"a\\\"b\"", "echo 'a\\'", "echo \\\\", "echo # it's a comment", "echo a#b'c'", "cat > \"$HOME/a b\"",
            "echo \"$(echo \"a b\")\"", "echo \"$(echo 'a\"b')\"", "echo $(echo \")\")", "echo $((1 + (2)))",
            "echo `echo \"a\"`", "echo \"`echo 'x'`\"", "echo ${x:-'}'}", "echo \"${x:-it's}\"", "echo \"${x:-\"a\"}\"",
            "echo $#", "echo ${#x}", "sh -c 'a; b'", "echo $(case a in a) echo \"x\";; esac)", "echo \"\\$(\"",
            "(a; b)", "a;#'",
        ]
    )
    func accepted(command: String) throws {
        try CommandText.check(command, isCutByComment: false)
    }

    @Test(
        "what is not closed is named",
        arguments: [
            ("echo 'a", "single quote"), ("echo it's", "single quote"), ("echo \"a", "double quote"),
            ("echo \"a\\\"", "double quote"), ("echo 'a'\"", "double quote"), ("echo \\", "backslash"),
            ("echo a\\\\\\", "backslash"), ("echo \"a\\", "backslash"), ("echo $(ls", "'$('"),
            ("echo `ls", "backquote"),
            ("echo ${x", "'${'"), ("echo \"$(echo 'a)\"", "single quote"), ("# only a comment", "comment"),
            ("#x", "comment"), ("\"", "double quote"), ("'", "single quote"), ("\\", "backslash"),
        ]
    )
    func refused(command: String, message: String) throws {
        let complaint = #expect(throws: Complaint.self) { try CommandText.check(command, isCutByComment: false) }
        #expect(try #require(complaint).message.contains(message))
    }

    @Test("where an INI comment cut the command, the hint says so")
    func cut() {
        #expect(
            faults("[update_notification]\nx = sh -c \"a ; b\"") == [
                "a.ini:2: x: a double quote is not closed in the command; note that ' ;' begins a comment in this file"
                    + " and cut the command there: leave out the blank before ';'"
            ]
        )
    }
}

@Suite("Environment lists")
struct EnvironmentTextTests {
    @Test(
        "names and values are read in their order",
        arguments: [
            ("LANG=C.UTF-8, GREETING=\"a, b\"", ["LANG", "C.UTF-8", "GREETING", "a, b"]),
            ("A=1", ["A", "1"]), ("A=", ["A", ""]), ("A=,B=", ["A", "", "B", ""]), ("A=\"\"", ["A", ""]),
            ("A = 1 ,\tB = \"2\" ", ["A", "1", "B", "2"]), ("A=a=b", ["A", "a=b"]),
            ("A=\"\\\"\\\\\\x\"", ["A", "\"\\\\x"]),
            ("_a1='x'", ["_a1", "'x'"]), ("A=\u{e9}", ["A", "\u{e9}"]),
        ]
    )
    func lists(text: String, expected: [String]) throws {
        #expect(try EnvironmentText.parse(text).flatMap { [$0.name, $0.value] } == expected)
    }

    @Test(
        "faults are told without the values",
        arguments: [
            ("SECRET", "without '='"), ("A=1,", "without '='"), ("1A=SECRET", "bad name"), ("A B=SECRET", "bad name"),
            ("=SECRET", "bad name"), ("A=1, SECRET,B=2", "bad name"), ("A=\"SECRET", "not closed"),
            ("A=\"SECRET\\\"", "not closed"), ("A=SECRET\"b\"", "double quote"), ("A=\"SECRET\"b", "closing quote"),
            ("A=1,A=SECRET", "twice"), ("HERALD_NOTIFIER=SECRET", "itself"), ("A-B=SECRET", "bad name"),
        ]
    )
    func refused(text: String, message: String) throws {
        let thrown = #expect(throws: Complaint.self) { try EnvironmentText.parse(text) }
        let complaint = try #require(thrown)
        #expect(complaint.message.contains(message))
        #expect(!complaint.message.contains("SECRET") && !complaint.hint.contains("SECRET"))
    }
}

@Suite("Source urls")
struct SourceURLTests {
    @Test(
        "a url is kept without credentials and without slash at the end",
        arguments: [
            ("http://127.0.0.1:5984", "http://127.0.0.1:5984"), ("http://h/", "http://h"),
            ("HTTPS://H:443", "https://H:443"),
            ("http://h/couch//", "http://h/couch"), ("http://h/a/b%20c", "http://h/a/b%20c"),
            ("http://admin:pw@h:1", "http://h:1"), ("http://h_1.x-y:65535", "http://h_1.x-y:65535"),
            ("http://[::1]:5984/p/", "http://[::1]:5984/p"), ("https://[fe80::1%25eth0]", "https://[fe80::1%25eth0]"),
            ("http://[::ffff:1.2.3.4]", "http://[::ffff:1.2.3.4]"),
            ("http://[1:2:3:4:5:6:7:8]", "http://[1:2:3:4:5:6:7:8]"),
            ("http://[1::]", "http://[1::]"), ("http://[::]", "http://[::]"), ("http://a@b@h", "http://h"),
        ]
    )
    func accepted(text: String, expected: String) throws {
        #expect(try SourceURL(parsing: text).text == expected)
    }

    @Test("credentials are percent-decoded, and may have an @")
    func credentials() throws {
        let url = try SourceURL(parsing: "http://j%C3%B6rg:p%40s%3As%2F@w:d@h")
        #expect(url.username == "j\u{f6}rg")
        #expect(url.password?.reveal == "p@s:s/@w:d")
        #expect(try SourceURL(parsing: "http://u@h").password == nil)
        #expect(try SourceURL(parsing: "http://:p@h").username == nil)
        #expect(try SourceURL(parsing: "http://@h").username == nil)
    }

    @Test(
        "a bad url is refused",
        arguments: [
            "", "h", "127.0.0.1:5984", "ftp://h", "http:/h", "http://", "http:///x", "http://:5984", "http://h:",
            "http://h:0", "http://h:65536", "http://h:99999999999999999999", "http://h:-1", "http://h:5984x",
            "http://h?q",
            "http://h/#f", "http://h/?", "http://a b", "http://h\u{e9}", "http://h/\u{e9}", "http://h/%zz",
            "http://h/%",
            "http://[::1", "http://::1", "http://[]", "http://[1::2::3]", "http://[:::]", "http://[12345::]",
            "http://[1:2:3:4:5:6:7:8:9]", "http://[::1]x", "http://[::1.2.3]", "http://[::1%25]", "http://u:%zz@h",
            "http://u:%0a@h", "http://u:%ff@h", "http://u%3a:p@h", "http://a\\b", "http://[1:2:3:4:5:6:7::8]x",
        ]
    )
    func refused(text: String) {
        #expect(throws: Complaint.self) { try SourceURL(parsing: text) }
    }

    @Test(
        "no fault shows a password",
        arguments: [
            "http://u:SECRET@", "http://u:SECRET ;x@h", "http://u:SECRET/x@h", "http://u:SECRET#x@h",
            "http://u:SECRET@h:x", "u:SECRET@h",
            "http://u:SECRET @h", "http://u:SECRET%zz@h", "http://u:SECRET@h?q",
        ]
    )
    func masked(url: String) {
        let faults = faults("[source]\nurl = \(url)")
        #expect(faults.count == 1)
        #expect(!faults.joined().contains("SECRET"))
    }
}
