/// A request, as far as the generator looks at it.
struct HTTPRequest {
    var method: String
    /// Without a query.
    var path: String
    var query: [String: String] = [:]
    var body = ""

    /// Takes the first whole request out of `bytes`; `nil` while there is none.
    static func take(from bytes: inout [UInt8]) -> HTTPRequest? {
        guard let headEnd = endOfHead(bytes) else { return nil }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3 else { return nil }
        var length = 0
        for line in lines.dropFirst() where line.lowercased().hasPrefix("content-length:") {
            length = Int(line.dropFirst(15).filter { $0.isNumber }) ?? 0
        }
        guard bytes.count >= headEnd + length else { return nil }
        let target = words[1].split(separator: "?", maxSplits: 1)
        var request = HTTPRequest(method: String(words[0]), path: String(target[0]))
        for pair in target.dropFirst().first?.split(separator: "&") ?? [] {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { request.query[String(parts[0])] = String(parts[1]) }
        }
        request.body = String(decoding: bytes[headEnd..<(headEnd + length)], as: UTF8.self)
        bytes.removeFirst(headEnd + length)
        return request
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count where bytes[index] == 0x0A {
            if bytes[index - 1] == 0x0D, bytes[index - 2] == 0x0A, bytes[index - 3] == 0x0D { return index + 1 }
        }
        return nil
    }
}
