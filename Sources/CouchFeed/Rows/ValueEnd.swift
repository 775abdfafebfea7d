import Glibc

/// Looks for the end of one JSON value through pieces of any size, each byte
/// once: for rows that the network cut, and for rows that share a line.
struct ValueEnd {
    enum Finding: Equatable {
        /// Behind the last byte of the value.
        case end(Int)
        /// All was looked through, and it goes on.
        case further
        /// A line end within a string, or no value at all.
        case broken
    }

    private enum Place { case before, nested, string, escape, scalar }

    private var place = Place.before
    private var depth = 0

    mutating func search(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Finding {
        var position = start
        while position < bytes.count {
            let byte = bytes[position]
            switch place {
            case .before:
                guard begin(with: byte) else { return .broken }
                position += 1
            case .nested:
                position += 1
                switch byte {
                case UInt8(ascii: "\""): place = .string
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 0 { return .end(position) }
                default: break
                }
            case .string:
                var scanner = JSONScanner(bytes, from: position)
                scanner.skipPlainText()
                let plain = scanner.position
                // JSON escapes line ends: one as it is means that the string was cut, and something else follows.
                guard !Self.hasLineEnd(bytes, position..<plain) else { return .broken }
                position = plain + 1
                guard plain < bytes.count else { return .further }
                if bytes[plain] == UInt8(ascii: "\\") {
                    place = .escape
                } else if depth == 0 {
                    return .end(position)
                } else {
                    place = .nested
                }
            case .escape:
                guard byte != 0x0A else { return .broken }
                place = .string
                position += 1
            case .scalar:
                guard JSONScanner.isOfScalar(byte) else { return .end(position) }
                position += 1
            }
        }
        return .further
    }

    private mutating func begin(with byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""): place = .string
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            place = .nested
            depth = 1
        default:
            place = .scalar
            return JSONScanner.isOfScalar(byte)
        }
        return true
    }

    private static func hasLineEnd(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        guard let base = bytes.baseAddress, !range.isEmpty else { return false }
        return memchr(base + range.lowerBound, 0x0A, range.count) != nil
    }
}
