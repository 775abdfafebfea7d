/// What was written to a child and may still lie unread in its pipe, so that it can be given to the next one.
///
/// Only whole lines are given again. What was read in part counts as unread; what was written in part is left to where
/// it came from, which gives it again by itself.
struct Unread: Sendable, Equatable {
    /// As much as a pipe holds, unless somebody has made it larger: see pipe(7).
    private static let pipe = 65_536

    /// The end of what was written to the child, from the start of a line on.
    private var written: [UInt8] = []

    /// Whole lines that are to be given again, and how much of them was.
    private var again: [UInt8] = []
    private var givenAgain = 0

    /// What is to be written before anything else.
    var next: [UInt8]? {
        givenAgain < again.count ? Array(again[givenAgain...]) : nil
    }

    /// Takes note of bytes of ``next`` that were written.
    mutating func wroteAgain(_ count: Int) {
        remember(again[givenAgain..<(givenAgain + count)])
        givenAgain += count
        if givenAgain == again.count {
            again = []
            givenAgain = 0
        }
    }

    /// Takes note of new bytes that were written.
    mutating func wrote(_ bytes: ArraySlice<UInt8>) {
        remember(bytes)
    }

    /// The child is no more, and has left the last `unread` bytes of what was written.
    mutating func childLeft(_ unread: Int) {
        let read = written.count - min(unread, written.count)
        let lines = written[
            Self.lineStart(in: written, before: read)..<Self.lineStart(in: written, before: written.count)
        ]
        let rest = again[Self.lineStart(in: again, before: givenAgain)...]
        again = Array(lines + rest)
        givenAgain = 0
        written = []
    }

    private mutating func remember(_ bytes: ArraySlice<UInt8>) {
        written += bytes
        // Not each time, or small writes would cost much.
        if written.count > 4 * Self.pipe {
            written.removeFirst(Self.lineStart(in: written, before: written.count - Self.pipe))
        }
    }

    /// Where the line begins in which `position` is; `position` itself if a line ends right before it.
    private static func lineStart(in bytes: [UInt8], before position: Int) -> Int {
        bytes[..<position].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    }
}
