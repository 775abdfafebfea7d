import Hummingbird
import Status

/// What is sent for a request.
struct Answer: Sendable, Equatable {
    var status: Int
    var contentType: String
    var fields: [Field] = []
    var body: [UInt8]

    struct Field: Sendable, Equatable {
        var name: String
        var value: String
    }

    init(status: Int = 200, text: String, contentType: String) {
        self.status = status
        self.contentType = contentType
        body = Array(text.utf8)
    }

    /// One JSON value and a newline.
    init(status: Int = 200, _ value: some Encodable) {
        do {
            body = try StatusCoding.encode(value) + [0x0A]
            self.status = status
        } catch {
            // A number that JSON does not know, such as infinity.
            body = Array(#"{"error":"internal","reason":"What is to be told cannot be told in JSON."}"#.utf8) + [0x0A]
            self.status = 500
        }
        contentType = "application/json"
    }

    /// What CouchDB would say: `{"error":"not_found","reason":"..."}`.
    static func failure(_ status: Int, _ error: String, _ reason: String) -> Answer {
        Answer(status: status, ErrorBody(error: error, reason: reason))
    }

    func with(_ name: String, _ value: String) -> Answer {
        var answer = self
        answer.fields.append(Field(name: name, value: value))
        return answer
    }

    /// The answer as Hummingbird sends it. `HEAD` gets the headers and no body.
    func response(isHead: Bool) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        headers[.cacheControl] = "no-store"
        for field in fields {
            if let name = HTTPFields.Element.Name(field.name) { headers[name] = field.value }
        }
        let status = HTTPResponse.Status(code: status)
        guard isHead else {
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
        }
        headers[.contentLength] = String(body.count)
        return Response(status: status, headers: headers)
    }
}

struct ErrorBody: Encodable {
    var error: String
    var reason: String
    /// Only with `faults`.
    var faults: [String]?
}

/// What `GET /_up` says.
struct UpBody: Encodable {
    var status: String
    /// What is down; only where something is.
    var reasons: [String]?

    init(_ report: StatusReport) {
        let down = report.problems.filter(\.isDown).map(\.description)
        status = down.isEmpty ? "ok" : "down"
        reasons = down.isEmpty ? nil : down
    }
}

struct OKBody: Encodable {
    var ok = true
}
