import Testing

@testable import Processes

@Suite("A child's text in the log")
struct LogTextTests {
    @Test(
        "what could forge a line or trick a terminal is escaped",
        arguments: [
            ("plain text, åäö, 日本, 🙂", "plain text, åäö, 日本, 🙂"),
            ("a\tb", "a\tb"),
            ("\u{1B}[31mred", "\\u001B[31mred"),
            ("a\rb\u{0}c\u{7F}", "a\\u000Db\\u0000c\\u007F"),
            ("x\u{85}y\u{9B}z", "x\\u0085y\\u009Bz"),
            ("x\u{2028}y\u{2029}z", "x\\u2028y\\u2029z"),
            ("x\u{202E}y\u{2066}z", "x\\u202Ey\\u2066z"),
            ("e\u{301}\u{1}", "e\u{301}\\u0001"),
        ]
    )
    func escaping(text: String, expected: String) {
        #expect(LogText.escaped(Array(text.utf8)) == expected)
    }

    @Test("bytes that are no UTF-8 are repaired, not dropped in silence")
    func repair() {
        #expect(LogText.escaped([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
        #expect(LogText.escaped([0xC3]) == "\u{FFFD}")
    }

    @Test("a cut line ends with a whole character", arguments: ["a", "å", "日", "🙂"])
    func halfCharacter(character: String) {
        let whole = Array("xyz\(character)".utf8)
        #expect(LogText.withoutHalfCharacter(whole) == whole)
        for count in 4..<max(4, whole.count) {
            #expect(LogText.withoutHalfCharacter(Array(whole[..<count])) == Array("xyz".utf8))
        }
        #expect(LogText.withoutHalfCharacter([]) == [])
        #expect(LogText.withoutHalfCharacter([0x80, 0x80, 0x80, 0x80, 0x80]) == [0x80, 0x80, 0x80, 0x80, 0x80])
    }
}
