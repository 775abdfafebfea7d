import Testing

@testable import PocketCouch

@Suite struct JSONTests {
    private func written(_ text: String) throws -> String {
        String(decoding: try JSONParser.parse(text).bytes, as: UTF8.self)
    }

    @Test(
        "what was parsed is written with its order and its digits, without blanks",
        arguments: [
            ("null", "null"), (" [ 1 , 2.50 , -0.0 , 1e22 ] ", "[1,2.50,-0.0,1e22]"),
            (#"{"b":1,"a":{"c":[]},"d":{}}"#, #"{"b":1,"a":{"c":[]},"d":{}}"#),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (#"{"dup":1,"x":0,"dup":2}"#, #"{"dup":2,"x":0}"#), (#""\u00e9\u2028\/""#, "\"\u{E9}\u{2028}/\""),
            (#""\ud83d\ude00""#, "\"\u{1F600}\""), (#""\u0001\u001f\u007f""#, "\"\\u0001\\u001F\u{7F}\""),
            (#""\b\f\n\r\t\"\\""#, #""\b\f\n\r\t\"\\""#), (#""\u0000""#, #""\u0000""#), ("true", "true"),
        ]
    )
    func kept(_ text: String, _ expected: String) throws {
        #expect(try written(text) == expected)
    }

    @Test(
        "what is no JSON is refused",
        arguments: [
            "", " ", "{", "}", "[1,]", "[1 2]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}", "01", "1.", ".5", "1e",
            "+1", "-", "tru", "nul", "NaN", "'a'", #"""#, #""\x""#, #""\u12""#, #""\ud800""#, #""\ud800x""#,
            #""\ud800\u0041""#, #""\udc00""#, "\"\n\"", "1 2", "[", #"["a"#, #""\"#,
        ]
    )
    func refused(_ text: String) {
        #expect(throws: JSONParser.Fault.self) { try JSONParser.parse(text) }
    }

    @Test("bytes that are no UTF-8 are refused, everywhere in a string")
    func invalidUTF8() {
        for bytes: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
            let quote = [UInt8(ascii: "\"")]
            #expect(throws: JSONParser.Fault.self) { try JSONParser.parse(quote + bytes + quote) }
            #expect(throws: JSONParser.Fault.self) { try JSONParser.parse(quote + Array(#"\n"#.utf8) + bytes + quote) }
        }
    }

    @Test("nesting is bounded, so that no input ends the process")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try written(nested(JSONParser.maximumDepth)) == nested(JSONParser.maximumDepth))
        #expect(throws: JSONParser.Fault.self) { try JSONParser.parse(nested(JSONParser.maximumDepth + 1)) }
        #expect(throws: JSONParser.Fault.self) { try JSONParser.parse(String(repeating: "[", count: 1_000_000)) }
    }

    @Test("no cut of a document is taken for a document")
    func cuts() throws {
        let bytes = Array(#"{"a":[1,true,null,"\u00e9\ud83d\ude00x"],"b":{"c":-1.5e+3}}"#.utf8)
        _ = try JSONParser.parse(bytes)
        for end in 0..<bytes.count {
            #expect(throws: JSONParser.Fault.self) { try JSONParser.parse(Array(bytes[..<end])) }
        }
    }
}
