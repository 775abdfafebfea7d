/// An HTTP answer taken apart, leniently: whatever is wrong with it is told, not refused.
public struct RecordedAnswer: Sendable, Equatable {
    /// How the framing of the body ended.
    public enum Framing: Sendable, Equatable {
        /// As it should; `rest` came after it.
        case whole(rest: [UInt8])
        /// The bytes ended before the body did.
        case cut
        /// Something else than framing stands at `offset` of the answer's bytes.
        case broken(offset: Int)
    }

    /// As in 200; 0 if there is no status line.
    public private(set) var status = 0
    /// The headers in their order, names as they came.
    public private(set) var headers: [(name: String, value: String)] = []
    /// The body without chunk framing, up to where the framing broke.
    public private(set) var body: [UInt8] = []
    /// How the framing ended.
    public private(set) var framing = Framing.cut

    /// The first value of the header `name`, whose case does not matter.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Takes `bytes` apart; the answer to a HEAD request has no body.
    public init(_ bytes: [UInt8], isHead: Bool = false) {
        guard let headEnd = bytes[...].firstRange(of: crlf + crlf) else { return }
        let lines = String(decoding: bytes[..<headEnd.lowerBound], as: UTF8.self).split(separator: "\r\n")
        status = lines.first.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) } ?? 0
        headers = lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (String(line[..<colon]), String(value))
        }
        let start = headEnd.upperBound
        if isHead || status == 204 || status == 304 {
            framing = .whole(rest: Array(bytes[start...]))
        } else if header("Transfer-Encoding")?.lowercased() == "chunked" {
            readChunks(bytes, from: start)
        } else if let length = header("Content-Length").flatMap({ Int($0) }), length >= 0 {
            body = Array(bytes[start...].prefix(length))
            framing = body.count == length ? .whole(rest: Array(bytes[(start + length)...])) : .cut
        } else {
            body = Array(bytes[start...])
            framing = .whole(rest: [])
        }
    }

    private mutating func readChunks(_ bytes: [UInt8], from start: Int) {
        var at = start
        while true {
            guard let lineEnd = bytes[at...].firstRange(of: crlf) else {
                framing = bytes[at...].allSatisfy(\.isHexDigit) ? .cut : .broken(offset: at)
                return
            }
            let digits = bytes[at..<lineEnd.lowerBound]
            guard (1...8).contains(digits.count), digits.allSatisfy(\.isHexDigit),
                let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
            else {
                framing = .broken(offset: at)
                return
            }
            let data = bytes[lineEnd.upperBound...].prefix(size)
            body += data
            let end = bytes[data.endIndex...].prefix(2)
            guard data.count == size, end.count == 2 else {
                framing = .cut
                return
            }
            guard Array(end) == crlf else {
                framing = .broken(offset: end.startIndex)
                return
            }
            at = end.endIndex
            if size == 0 {
                framing = .whole(rest: Array(bytes[at...]))
                return
            }
        }
    }

    /// Whether all parts are the same.
    public static func == (a: RecordedAnswer, b: RecordedAnswer) -> Bool {
        a.status == b.status && a.body == b.body && a.framing == b.framing
            && a.headers.elementsEqual(b.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}

private let crlf = Array("\r\n".utf8)

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
}

extension ArraySlice<UInt8> {
    func firstRange(of pattern: [UInt8]) -> Range<Int>? {
        guard count >= pattern.count, let first = pattern.first else { return nil }
        var at = startIndex
        while let found = self[at...].firstIndex(of: first), found + pattern.count <= endIndex {
            if self[found..<(found + pattern.count)].elementsEqual(pattern) { return found..<(found + pattern.count) }
            at = found + 1
        }
        return nil
    }
}
