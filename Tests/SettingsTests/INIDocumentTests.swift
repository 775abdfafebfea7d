import Testing

@testable import Settings

@Suite("The INI dialect")
struct INIDocumentTests {
    private func value(_ text: String) -> String? {
        INIDocument(parsing: Array("[s]\n\(text)".utf8), file: "x").entries.first { $0.key == "k" }?.value
    }

    @Test(
        "a value is what stands between the first = and an inline comment, trimmed",
        arguments: [
            ("k = v", "v"), ("k=v", "v"), ("  k\t= \t v \t", "v"), ("k = a=b = c", "a=b = c"),
            ("k = v ; comment", "v"), ("k = v\t; comment", "v"), ("k = a;b", "a;b"), ("k = v ;", "v"),
            ("k =      ; nothing but a comment", ""), ("k = ; the same", ""), ("k =\t;x", ""), ("k =", ""),
            ("k =;x", ";x"), ("k = # no comment", "# no comment"), ("k = [x]", "[x]"), ("k = \"a ; b\"", "\"a"),
            ("k = v\r", "v"), ("k = \u{e9}", "\u{e9}"),
        ]
    )
    func values(text: String, expected: String) {
        #expect(value(text) == expected)
    }

    @Test(
        "a line that begins with exactly one blank and has no = continues the value, joined by one blank",
        arguments: [
            ("k = a\n b", "a b"), ("k = a\n b\n c ; end", "a b c"), ("k = a ; x\n b", "a b"), ("k =\n a\n b", "a b"),
            ("k = a\n\n; between\n b", "a b"), ("k = a\r\n b\r\n", "a b"), ("k = a\n  b", "a"), ("k = a\n\tb", "a"),
            ("k = a\n b=c", "a"), ("k = a\n ; b", "a"), ("k = a\n [b", "a"), ("k = a\nb", "a"),
        ]
    )
    func continuations(text: String, expected: String) {
        #expect(value(text) == expected)
    }

    @Test("a continuation keeps the line of its key")
    func continuationLine() {
        let document = INIDocument(parsing: Array("[s]\nk = a\n b\nl = c".utf8), file: "x")
        #expect(document.entries.map(\.line) == [2, 4])
    }

    @Test("names are case-sensitive, and sections may be opened again")
    func names() {
        let layers = Layers([INIDocument(parsing: Array("[s]\nk=1\n[S]\nk=2\n[s]\nK=3".utf8), file: "x")])
        #expect(layers.sectionNames == ["s", "S"])
        #expect(layers["s", "k"]?.text == "1")
        #expect(layers["S", "k"]?.text == "2")
        #expect(layers["s", "K"]?.text == "3")
    }

    @Test("a header may be indented and may have a comment behind it")
    func headers() {
        let text = "  [a]\n[b]   ; text\n[c]\t;x\n[ d ]\n[]"
        let document = INIDocument(parsing: Array(text.utf8), file: "x")
        #expect(document.headers.map(\.name) == ["a", "b", "c", " d ", ""])
        #expect(document.oddities.isEmpty)
    }

    @Test(
        "each line that CouchDB would ignore is told by its kind",
        arguments: [
            ("word", INIDocument.Oddity.Kind.noEqualsSign), ("# word", .hashLine), ("= v", .emptyKey),
            (" word", .continuesNothing), ("[x", .brokenHeader), ("[x]y", .brokenHeader), ("[x];y", .brokenHeader),
            (" [x", .bracketContinuation),
        ]
    )
    func oddities(line: String, kind: INIDocument.Oddity.Kind) {
        let document = INIDocument(parsing: Array("[s]\n\(line)\n".utf8), file: "x")
        #expect(document.oddities == [INIDocument.Oddity(kind: kind, section: "s", line: 2)])
    }

    @Test("what follows a broken header belongs to nobody")
    func afterBrokenHeader() {
        let document = INIDocument(parsing: Array("[s]\na=1\n[t\nb=2\n[u]\nc=3".utf8), file: "x")
        #expect(document.entries.map(\.key) == ["a", "c"])
    }

    @Test(
        "CRLF, CR, a byte order mark and a missing newline at the end are tolerated",
        arguments: ["\n", "\r\n", "\r"]
    )
    func lineEnds(end: String) {
        let text = "\u{feff}[s]\(end)k = v\(end)\(end)l = w"
        let document = INIDocument(parsing: Array(text.utf8), file: "x")
        #expect(document.entries.map(\.key) == ["k", "l"])
        #expect(document.entries.map(\.value) == ["v", "w"])
        #expect(document.entries.map(\.line) == [2, 4])
    }

    @Test("control bytes make it binary, with nothing read", arguments: [0, 1, 0x0b, 0x1a, 0x1b, 0x7f] as [UInt8])
    func binary(byte: UInt8) {
        let document = INIDocument(parsing: Array("[s]\nk = ".utf8) + [byte], file: "x")
        #expect(document.entries.isEmpty)
        #expect(document.oddities.map(\.kind) == [.binary])
        #expect(document.oddities.first?.line == 2)
    }

    @Test("bytes that are not UTF-8 are told, and kept with replacement characters")
    func invalidUTF8() {
        let document = INIDocument(parsing: Array("[s]\nk = a".utf8) + [0xff, 0x0a], file: "x")
        #expect(document.entries.map(\.value) == ["a\u{fffd}"])
        #expect(document.oddities.map(\.kind) == [.invalidUTF8])
    }
}

@Suite("Layers")
struct LayersTests {
    private func layers(_ texts: String...) -> Layers {
        Layers(texts.enumerated().map { INIDocument(parsing: Array($1.utf8), file: "\($0).ini") })
    }

    @Test("the later file wins, key by key, and every value knows its file and line")
    func laterWins() {
        let layers = layers("[s]\na=1\nb=2\n[t]\nc=3", "[t]\nd=4\n[s]\nb=5")
        #expect(layers.sectionNames == ["s", "t"])
        #expect(layers.keys(of: "s") == ["a", "b"])
        #expect(layers.keys(of: "t") == ["c", "d"])
        #expect(layers["s", "b"]?.text == "5")
        #expect(layers["s", "b"]?.file == "1.ini")
        #expect(layers["s", "b"]?.line == 4)
        #expect(layers["s", "b"]?.layer == 1)
        #expect(layers["s", "a"]?.file == "0.ini")
    }

    @Test("an empty value removes an earlier key, of the same file too")
    func emptyRemoves() {
        #expect(layers("[s]\na=1\nb=2", "[s]\na=").keys(of: "s") == ["b"])
        #expect(layers("[s]\na=1\na= ; gone").sectionNames.isEmpty)
        #expect(layers("[s]\na=1\nb=2\na=\na=3").keys(of: "s") == ["b", "a"])
        #expect(layers("[s]\na=", "[s]\na=1")["s", "a"]?.text == "1")
    }

    @Test("no description shows a value")
    func noValues() {
        let layers = layers("[source]\npassword = hunter2")
        var dumped = ""
        dump(layers, to: &dumped)
        #expect(!(dumped + "\(layers)" + String(reflecting: layers)).contains("hunter2"))
    }
}
