import Testing

@testable import CouchFeed

@Suite("JSON in place")
struct JSONTests {
    private func value(_ text: String) -> String? {
        Array(text.utf8).withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            return scanner.value().map { String(decoding: bytes[$0], as: UTF8.self) }
        }
    }

    @Test(
        "A value ends where it ends, whatever is in it",
        arguments: [
            #""plain""#, #""with \" and \\ in it""#, #""\\""#, #""0123456789abcdef\"0123456789""#, "17", "-1.5E+10",
            "null", "[]", "{}", #"[1,[2,{"a":"]}"}],"x"]"#, #"{"a":{"b":[{}]},"c":"}"}"#,
        ]
    )
    func values(text: String) {
        #expect(value(text + ", \"rest\"") == text)
        #expect(value(" \t\r\n" + text) == text)
    }

    @Test(
        "What is cut off, or is nothing, is no value",
        arguments: [#""open"#, #""open\"#, #""open\""#, "[1,2", #"{"a":"#, "", "]", "}", ",", ":"]
    )
    func noValue(text: String) {
        #expect(value(text) == nil)
    }

    @Test("Quotes and backslashes are found at every place of a word of eight bytes")
    func alignments() {
        for before in 0..<20 {
            for after in 0..<20 {
                let text =
                    "\"" + String(repeating: "x", count: before) + "\\\"" + String(repeating: "é", count: after) + "\""
                #expect(value(text + "tail") == text)
            }
        }
    }

    @Test(
        "Strings are escaped as CouchDB does: the short forms where there are, all else as it is",
        arguments: [
            ("plain", #""plain""#), ("a\"b\\c/d", #""a\"b\\c/d""#), ("\n\t\r\u{8}\u{C}", #""\n\t\r\b\f""#),
            ("\u{0}\u{1F}\u{B}\u{7F}", "\"\\u0000\\u001F\\u000B\u{7F}\""),
            ("ü\u{2028}\u{2029}😀", "\"ü\u{2028}\u{2029}😀\""),
        ]
    )
    func escapes(text: String, json: String) {
        var bytes: [UInt8] = []
        JSONText.append(quoted: text.utf8, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == json)
    }

    @Test(
        "Escapes stand for what they stand for",
        arguments: [
            (#"\n\t\r\b\f\"\\\/"#, "\n\t\r\u{8}\u{C}\"\\/"), (#"\u00fc\u00FC"#, "üü"), (#"\ud83d\ude00"#, "😀"),
            (#"\ud83d"#, "\u{FFFD}"), (#"\ude00x"#, "\u{FFFD}x"), (#"\ud83d\u0041"#, "\u{FFFD}A"),
            (#"\u12"#, "\u{FFFD}12"),
            (#"\"#, "\u{FFFD}"), ("plain ü", "plain ü"),
        ]
    )
    func unescapes(json: String, text: String) {
        let bytes = Array(json.utf8).withUnsafeBytes { JSONText.unescaped($0) }
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test(
        "A seq goes back as it came: a string without its quotes, anything else as its JSON",
        arguments: [
            (#""3-g1AAAA_-""#, "3-g1AAAA_-"), ("17", "17"), ("0", "0"), (#"[123,"g1AA"]"#, "%5B123%2C%22g1AA%22%5D"),
            (#""1:23""#, "1%3A23"), (#""a\"b+c""#, "a%22b%2Bc"),
        ]
    )
    func seqs(json: String, query: String) {
        #expect(Seq(json: json.utf8).query == query)
    }

    @Test("Only integers can be compared")
    func integers() {
        #expect(Seq(json: "18446744073709551615".utf8).integer == .max)
        #expect(Seq(json: #""17""#.utf8).integer == nil)
        #expect(Seq(json: "1.5".utf8).integer == nil)
        #expect(Seq(json: #"[1,"a"]"#.utf8).integer == nil)
    }

    @Test("A database's name is one component of the path, whatever is in it")
    func paths() {
        #expect(ServerAddress.path(ofDatabase: "a/b+c$(x)-_") == "/a%2Fb%2Bc%24%28x%29-_")
        #expect(ServerAddress.path(ofDatabase: "ü") == "/%C3%BC")
    }
}
