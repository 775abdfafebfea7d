import Glibc

/// One recorded conversation: the request as it was sent, and the raw answer.
struct Recording {
    var method: String
    var target: String
    var fields: [(name: String, value: String)] = []
    var body: String?
    var answer: [UInt8]

    struct Missing: Error {
        var path: String
    }

    init(_ name: String) throws {
        let package = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let path = "/\(package)/Tests/TestSupport/Recordings/\(name).txt"
        let bytes = try Self.read(path)
        var rest = bytes[...]
        func line() -> String {
            let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
            defer { rest = rest[min(end + 1, rest.endIndex)...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
        let first = line().split(separator: " ")
        method = String(first[0])
        target = String(first[1])
        while case let next = line(), !next.isEmpty {
            let sides = next.dropFirst(2).split(separator: ":", maxSplits: 1)
            let value = String(sides[1].drop { $0 == " " })
            switch sides[0] {
            case "body": body = value
            case "Content-Length", "Host", "User-Agent": break
            default: fields.append((String(sides[0]), value))
            }
        }
        answer = Array(rest)
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw Missing(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&block, 1, block.count, file), count > 0 { bytes += block[..<count] }
        return bytes
    }
}
