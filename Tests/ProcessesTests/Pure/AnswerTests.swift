import Testing

@testable import Processes

@Suite("Answers")
struct AnswerTests {
    @Test(
        "the first word says what it is, in any case, with blanks around the line",
        arguments: [
            ("ok", Answer.ok), ("OK", .ok), ("oK", .ok), (" ok\t", .ok), ("ok\r", .ok),
            ("retry", .retry(reason: "")), ("RETRY", .retry(reason: "")),
            ("retry  disk full ", .retry(reason: "disk full")),
            ("Retry\tlater\r", .retry(reason: "later")), ("wait", .wait), ("\tWAIT \r", .wait),
            ("drop", .drop(reason: "")), ("Drop not ours", .drop(reason: "not ours")), ("drop ok", .drop(reason: "ok")),
        ]
    )
    func answers(line: String, expected: Answer) {
        #expect(Answer(Array(line.utf8)) == expected)
    }

    @Test(
        "anything else is no answer",
        arguments: [
            "", " ", "okay", "ok ok", "o", "k", "o k", "retry:", "retrying", "waiting", "wait 5", "dropped", "{}",
        ]
    )
    func unknown(line: String) {
        let text = line == " " ? "" : line
        #expect(Answer(Array(line.utf8)) == .unknown(text))
    }

    @Test("a program for omprog says OK, and all else asks for the line again")
    func omprog() {
        #expect(Answer(omprog: Array("OK".utf8)) == .ok)
        #expect(Answer(omprog: Array(" ok\r".utf8)) == .ok)
        #expect(Answer(omprog: Array("Error: no disk".utf8)) == .retry(reason: "Error: no disk"))
        #expect(Answer(omprog: Array("wait".utf8)) == .retry(reason: "wait"))
        #expect(Answer(omprog: []) == .retry(reason: ""))
    }

    private func reason(_ bytes: [UInt8]) throws -> String {
        guard case .drop(let reason) = Answer(Array("drop ".utf8) + bytes) else { throw NotInTime(what: "a drop") }
        return reason
    }

    @Test("a reason is cut at 1 kB, between characters, and is always text")
    func reasons() throws {
        #expect(try reason(Array(repeating: 0x61, count: 1024)).utf8.count == 1024)
        #expect(try reason(Array(repeating: 0x61, count: 1025)) == String(repeating: "a", count: 1024))
        let euros = Array(String(repeating: "\u{20AC}", count: 400).utf8)
        #expect(try reason(euros) == String(repeating: "\u{20AC}", count: 341))
        #expect(try reason([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
        #expect(try reason(Array(repeating: 0xFF, count: 1000)) == String(repeating: "\u{FFFD}", count: 341))
    }
}
