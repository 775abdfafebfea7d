import Glibc
import TestSupport

/// A file to which one process of a notifier after the other appends, read a piece at a time.
struct ToldFile {
    let path: String
    private var offset = 0
    /// Where each line ended that was read.
    private(set) var ends: [Int] = []

    init(_ path: String) {
        self.path = path
    }

    var size: Int {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        return Int(lseek(descriptor, 0, SEEK_END))
    }

    /// The whole lines that are new.
    mutating func news() throws -> [[UInt8]] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: max(size - offset, 0))
        let count = pread(descriptor, &bytes, bytes.count, off_t(offset))
        guard count == bytes.count else { throw TestFailure("\(path) became shorter") }
        var lines: [[UInt8]] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(Array(bytes[start..<end]))
            start = end + 1
            ends.append(offset + start)
        }
        offset += start
        return lines
    }

    /// Nobody appends any more: half a line at the end, of a Herald that was killed in the midst of it, is cut off.
    func cutHalfLine() throws {
        guard size > offset else { return }
        guard truncate(path, off_t(offset)) == 0 else { throw TestFailure("\(path) cannot be cut") }
    }

    /// How many of the lines that were read ended behind this place.
    func count(behind place: Int) -> Int {
        ends.count - (ends.lastIndex { $0 <= place }.map { $0 + 1 } ?? 0)
    }
}
