import Hummingbird
import NIOCore

/// What is sent for a request. Which answers are chunked and which have a length is as recorded.
struct Answer: Sendable {
    enum Body: Sendable {
        /// Sent with a `Content-Length`.
        case whole([UInt8])
        /// Sent chunked, one chunk each.
        case chunks([[UInt8]])
        /// Sent chunked, as it comes.
        case feed(any Feed)
    }

    var status = 200
    var fields: [(name: String, value: String)] = []
    var body: Body

    /// One JSON value and a newline.
    static func json(_ json: JSON, status: Int = 200) -> Answer {
        Answer(status: status, body: .whole(json.bytes + [0x0A]))
    }

    static let ok = Answer.json(.members(["ok": .bool(true)]))

    /// A JSON array with a chunk for each element, as `_all_dbs` has it [003].
    static func list(_ elements: [[UInt8]]) -> Answer {
        var chunks: [[UInt8]] = [[UInt8(ascii: "[")]]
        for (index, element) in elements.enumerated() {
            chunks.append(index == 0 ? element : [UInt8(ascii: ",")] + element)
        }
        chunks.append([UInt8(ascii: "]")])
        chunks.append([0x0A])
        return Answer(body: .chunks(chunks))
    }

    static func failure(_ error: CouchError) -> Answer {
        var members: KeyValuePairs<String, JSON> = ["error": .string(error.error), "reason": .string(error.reason)]
        if error.status == 500 {
            members = ["error": .string(error.error), "reason": .string(error.reason), "ref": .number(1)]
        }
        var answer = json(.members(members), status: error.status)
        if let allow = error.allow { answer.fields.append(("Allow", allow)) }
        return answer
    }

    func with(_ name: String, _ value: String) -> Answer {
        var answer = self
        answer.fields.append((name, value))
        return answer
    }

    /// The answer as Hummingbird sends it. `HEAD` gets the headers and no body.
    func response(isHead: Bool, server: String) -> Response {
        var headers = HTTPFields()
        func add(_ name: String, _ value: String) {
            // A header value that came from a request, as in `Location`, may hold what no header may: it is left out.
            if let field = HTTPFields.Element.Name(name) { headers.append(.init(name: field, value: value)) }
        }
        add("Cache-Control", "must-revalidate")
        for field in fields { add(field.name, field.value) }
        add("Content-Type", "application/json")
        add("Server", server)
        add("X-Couch-Request-ID", String(hexadecimal(.random(in: .min ... .max)).prefix(10)))
        add("X-CouchDB-Body-Time", "0")
        let status = HTTPResponse.Status(code: status)
        switch body {
        case .whole(let bytes):
            if isHead {
                add("Content-Length", String(bytes.count))
                return Response(status: status, headers: headers)
            }
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
        case .chunks(let chunks):
            if isHead { return Response(status: status, headers: headers) }
            let buffers = chunks.map { ByteBuffer(bytes: $0) }
            return Response(
                status: status,
                headers: headers,
                body: ResponseBody { writer in
                    try await writer.write(contentsOf: buffers)
                    try await writer.finish(nil)
                }
            )
        case .feed(let feed):
            if isHead { return Response(status: status, headers: headers) }
            return Response(
                status: status,
                headers: headers,
                body: ResponseBody { writer in
                    var feed = feed
                    while let chunks = try await feed.next() { try await writer.write(contentsOf: chunks) }
                    try await writer.finish(nil)
                }
            )
        }
    }
}
