/// A request as a replayer or a proxy received it.
public struct WireRequest: Sendable {
    /// How many requests came before it, on all connections.
    public var number: Int
    /// How many connections were made before its own.
    public var connection: Int
    /// As in `GET`.
    public var method: String
    /// Path and query as they came.
    public var target: String
    /// The headers in their order, names as they came.
    public var headers: [(name: String, value: String)]
    /// The body; empty in a proxy, which passes it on as it comes.
    public var body: [UInt8] = []

    /// The target up to the query.
    public var path: String { target.split(separator: "?", maxSplits: 1).first.map(String.init) ?? target }

    /// The value of `name` in the query, as it came.
    public func query(_ name: String) -> String? {
        let query = target.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        return query.split(separator: "&").first { $0.hasPrefix("\(name)=") }.map {
            String($0.dropFirst(name.count + 1))
        }
    }

    /// The first value of the header `name`, whose case does not matter.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// Finds the requests in a stream of bytes. Bodies have a `Content-Length`; libcurl chunks only what it cannot measure.
struct RequestScanner {
    enum Event {
        /// A head has come, with its bytes.
        case head(WireRequest, raw: [UInt8])
        /// A piece of the body, never empty.
        case body([UInt8])
        /// The request is whole.
        case end
    }

    private var buffer: [UInt8] = []
    private var bodyLeft = 0

    /// What `bytes` complete. Numbers are filled in by the caller.
    mutating func read(_ bytes: some Sequence<UInt8>) throws -> [Event] {
        buffer += bytes
        var events: [Event] = []
        while true {
            if bodyLeft > 0 {
                guard !buffer.isEmpty else { return events }
                let piece = Array(buffer.prefix(bodyLeft))
                buffer.removeFirst(piece.count)
                bodyLeft -= piece.count
                events.append(.body(piece))
                if bodyLeft == 0 { events.append(.end) }
                continue
            }
            guard let end = buffer[...].firstRange(of: Array("\r\n\r\n".utf8)) else { return events }
            let raw = Array(buffer[..<end.upperBound])
            buffer.removeFirst(raw.count)
            let request = try Self.request(raw)
            guard request.header("Transfer-Encoding") == nil else {
                throw TestFailure("a chunked request is not understood")
            }
            bodyLeft = request.header("Content-Length").flatMap { Int($0) } ?? 0
            events.append(.head(request, raw: raw))
            if bodyLeft == 0 { events.append(.end) }
        }
    }

    private static func request(_ raw: [UInt8]) throws -> WireRequest {
        let lines = String(decoding: raw, as: UTF8.self).split(separator: "\r\n")
        let parts = lines.first?.split(separator: " ") ?? []
        guard parts.count == 3, parts[2].hasPrefix("HTTP/1.") else {
            throw TestFailure("this is no request: \(lines.first ?? "")")
        }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        return WireRequest(
            number: 0,
            connection: 0,
            method: String(parts[0]),
            target: String(parts[1]),
            headers: headers
        )
    }
}
