/// A raw HTTP answer, taken apart with its framing.
struct RawAnswer {
    var status = 0
    var fields: [String: String] = [:]
    /// Nil where the answer has a `Content-Length` instead.
    var chunks: [String]?
    var body = ""
    /// Whether the answer is whole: all bytes of its length, or its final chunk, have come.
    var isComplete = false

    /// - Parameter isHead: whether the answer has no body, whatever its headers say; one with status 304 never has.
    init(_ bytes: [UInt8], isHead: Bool = false) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        for line in lines.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            fields[sides[0].lowercased()] = String(sides[1].drop { $0 == " " })
        }
        var rest = bytes[end.upperBound...]
        if isHead || status == 304 {
            isComplete = true
        } else if let length = fields["content-length"].flatMap({ Int($0) }) {
            body = String(decoding: rest.prefix(length), as: UTF8.self)
            isComplete = rest.count >= length
        } else {
            var chunks: [String] = []
            while let chunk = Self.chunk(&rest) {
                if chunk.isEmpty {
                    isComplete = true
                    break
                }
                chunks.append(String(decoding: chunk, as: UTF8.self))
            }
            self.chunks = chunks
            body = chunks.joined()
        }
    }

    private static func chunk(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let line = rest.firstIndex(of: 0x0D),
            let size = Int(String(decoding: rest[..<line], as: UTF8.self), radix: 16)
        else { return nil }
        let start = line + 2
        guard rest.endIndex >= start + size + 2 else { return nil }
        defer { rest = rest[(start + size + 2)...] }
        return rest[start..<(start + size)]
    }
}

/// What no two servers have in common is replaced by a word: seqs, digests of revisions, times, references.
func normalised(_ text: String) -> String {
    text
        .replacing(/"\d+-g1[A-Za-z0-9_-]+"/, with: "\"SEQ\"")
        .replacing(/(\d+)-[0-9a-f]{32}/) { "\($0.1)-DIGEST" }
        .replacing(/"instance_start_time":"\d+"/, with: "TIME")
        .replacing(/"ref":\d+/, with: "REF")
}
