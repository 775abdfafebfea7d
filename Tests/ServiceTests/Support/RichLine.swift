import Glibc

/// A line of a notifier with `detail = change`, as far as tests look at it.
struct RichLine {
    /// `updated`, `ddoc_updated`, `created` or `deleted`.
    var type: Substring = ""
    var database = ""
    var instance = ""
    /// The number with which the seq begins: the embedded server's are in order, unlike a cluster's.
    var number = 0
    var id = ""
    var revision = ""
    var isDeleted = false

    /// Strings are looked for by their quotes; nothing in these tests has one within.
    init(_ line: UnsafeRawBufferPointer) {
        var strings: [Range<Int>] = []
        var start: Int?
        var position = 0
        while let base = line.baseAddress, let found = memchr(base + position, 0x22, line.count - position) {
            let quote = UnsafeRawPointer(found) - base
            if let begin = start {
                strings.append(begin..<quote)
                start = nil
            } else {
                start = quote + 1
            }
            position = quote + 1
        }
        func text(_ range: Range<Int>) -> String { String(decoding: line[range], as: UTF8.self) }
        var index = 0
        while index < strings.count {
            let key = text(strings[index])
            // A value that is no string: an integer seq, or true.
            let isText = index + 1 < strings.count && line[strings[index].upperBound + 2] == 0x22
            let value = isText ? text(strings[index + 1]) : ""
            switch key {
            case "type": type = value[...]
            case "db": database = value
            case "instance": instance = value
            case "seq":
                let start = strings[index].upperBound + (isText ? 3 : 2)
                number = line[start...].prefix { (0x30...0x39).contains($0) }.reduce(0) { $0 * 10 + Int($1) - 0x30 }
            case "id": id = value
            case "rev": revision = value
            case "deleted": isDeleted = true
            default: break
            }
            index += isText ? 2 : 1
        }
    }

    /// Calls `body` with each whole line of `bytes`, without its line feed.
    ///
    /// - Returns: How many bytes these lines are.
    static func forEachLine(of bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) -> Int {
        bytes.withUnsafeBytes { all in
            var start = 0
            while let base = all.baseAddress, start < all.count,
                let found = memchr(base + start, 0x0A, all.count - start)
            {
                let end = UnsafeRawPointer(found) - base
                body(UnsafeRawBufferPointer(rebasing: all[start..<end]))
                start = end + 1
            }
            return start
        }
    }
}
