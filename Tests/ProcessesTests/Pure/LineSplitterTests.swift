import Testing

@testable import Processes

@Suite("Lines of a child's output")
struct LineSplitterTests {
    private func split(_ pieces: [[UInt8]], limit: Int = 16) -> [ChildLine] {
        var splitter = LineSplitter(limit: limit)
        var lines: [ChildLine] = []
        for piece in pieces {
            piece.withUnsafeBytes { bytes in splitter.feed(bytes) { lines.append($0) } }
        }
        splitter.finish { lines.append($0) }
        return lines
    }

    @Test("lines come out the same wherever the stream is cut")
    func cutEverywhere() {
        let text = Array("one\n\nthree\r\nåäö\u{2028}x\nexactly sixteen!\nlonger than sixteen bytes\nrest".utf8)
        let whole = split([text])
        #expect(
            whole == [
                ChildLine(bytes: Array("one".utf8)),
                ChildLine(bytes: []),
                ChildLine(bytes: Array("three".utf8)),
                ChildLine(bytes: Array("åäö\u{2028}x".utf8)),
                ChildLine(bytes: Array("exactly sixteen!".utf8)),
                ChildLine(bytes: Array("longer than sixt".utf8), cut: true),
                ChildLine(bytes: Array("rest".utf8)),
            ]
        )
        for first in 0...text.count {
            for second in first...text.count {
                #expect(
                    split([Array(text[..<first]), Array(text[first..<second]), Array(text[second...])]) == whole
                )
            }
        }
        #expect(split(text.map { [$0] }) == whole)
    }

    @Test("a line without end is given once, as soon as it is too long, and the rest of it is dropped")
    func endless() {
        var splitter = LineSplitter(limit: 16)
        var lines: [ChildLine] = []
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        piece.withUnsafeBytes { bytes in splitter.feed(bytes) { lines.append($0) } }
        #expect(lines == [ChildLine(bytes: Array(piece[..<16]), cut: true)])
        for _ in 0..<1000 {
            piece.withUnsafeBytes { bytes in splitter.feed(bytes) { lines.append($0) } }
        }
        #expect(lines.count == 1)
        Array("\nnext\n".utf8).withUnsafeBytes { bytes in splitter.feed(bytes) { lines.append($0) } }
        #expect(lines.count == 2)
        #expect(lines.last == ChildLine(bytes: Array("next".utf8)))
    }

    @Test("nothing makes no line, and an end after a line end makes none either")
    func nothing() {
        #expect(split([]) == [])
        #expect(split([[]]) == [])
        #expect(split([Array("a\n".utf8)]) == [ChildLine(bytes: [UInt8(ascii: "a")])])
    }
}
