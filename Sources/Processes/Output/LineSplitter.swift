import Glibc

/// Cuts a stream of bytes into lines, wherever its pieces were cut. It never holds more than `limit` bytes: a line that
/// grows longer is given out at once as far as it goes, marked as cut, and the rest of it is dropped.
struct LineSplitter: Sendable {
    /// The length in bytes beyond which a line is cut.
    let limit: Int

    private var held: [UInt8] = []
    private var dropping = false

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next piece and gives each line that it ends, or that it makes too long.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, _ give: (ChildLine) -> Void) {
        var rest = bytes[...]
        while let end = Self.firstLineEnd(in: rest) {
            take(rest[..<end], give)
            endLine(give)
            rest = rest[(end + 1)...]
        }
        take(rest, give)
    }

    /// Gives what stands after the last line end, if anything does.
    mutating func finish(_ give: (ChildLine) -> Void) {
        if !held.isEmpty || dropping {
            endLine(give)
        }
    }

    private mutating func take(_ part: Slice<UnsafeRawBufferPointer>, _ give: (ChildLine) -> Void) {
        guard !dropping else { return }
        let room = limit - held.count
        held.append(contentsOf: part.prefix(room))
        if part.count > room {
            give(ChildLine(bytes: held, cut: true))
            held = []
            dropping = true
        }
    }

    private mutating func endLine(_ give: (ChildLine) -> Void) {
        if dropping {
            dropping = false
            return
        }
        if held.last == UInt8(ascii: "\r") {
            held.removeLast()
        }
        give(ChildLine(bytes: held))
        held = []
    }

    private static func firstLineEnd(in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard let base = UnsafeRawBufferPointer(rebasing: bytes).baseAddress,
            let found = memchr(base, CInt(UInt8(ascii: "\n")), bytes.count)
        else { return nil }
        return bytes.startIndex + (UnsafeRawPointer(found) - base)
    }
}
