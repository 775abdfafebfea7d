import Testing

@testable import Processes

@Suite("What a child has left unread")
struct UnreadTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test("lines of which any byte is unread are given again, the rest is not")
    func wholeLines() {
        let all = "one\ntwo\nthree\n"
        for unread in 0...20 {
            var state = Unread()
            state.wrote(bytes(all)[...])
            state.childLeft(unread)
            let expected =
                switch unread {
                case 0: nil as String?
                case 1...6: "three\n"
                case 7...10: "two\nthree\n"
                default: all
                }
            #expect(text(state.next) == expected, "\(unread) unread")
        }
    }

    @Test("a line that was not written whole is left to where it came from")
    func halfLine() {
        var state = Unread()
        state.wrote(bytes("one\nhal")[...])
        state.childLeft(5)
        #expect(text(state.next) == "one\n")
        var other = Unread()
        other.wrote(bytes("one\nhal")[...])
        other.childLeft(3)
        #expect(other.next == nil)
    }

    @Test("a child that dies while lines are given again leaves the rest of them, whole and in order")
    func again() {
        var state = Unread()
        state.wrote(bytes("one\ntwo\nthree\n")[...])
        state.childLeft(100)
        state.wroteAgain(6)
        #expect(text(state.next) == "o\nthree\n")
        // It has read the first line; of the second, half was written.
        state.childLeft(2)
        #expect(text(state.next) == "two\nthree\n")
        state.wroteAgain(10)
        #expect(state.next == nil)
        state.wrote(bytes("four\n")[...])
        state.childLeft(5 + 6)
        #expect(text(state.next) == "three\nfour\n")
    }

    @Test("only about as much as a pipe holds is remembered, from the start of a line on")
    func bounded() {
        var state = Unread()
        let line = bytes("0123456789abcde\n")
        for _ in 0..<100_000 {
            state.wrote(line[...])
        }
        state.childLeft(.max)
        let kept = state.next ?? []
        #expect((65_536...262_144).contains(kept.count))
        #expect(kept.count % line.count == 0)
        #expect(kept.starts(with: line))
    }
}
