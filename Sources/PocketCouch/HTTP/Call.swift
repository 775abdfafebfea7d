import NIOCore

/// A request, read whole and taken apart.
struct Call: Sendable {
    var method: String
    var target: RequestTarget
    var caller: Authority.Caller
    /// The `Host` header, for `Location`.
    var host: String
    var contentType: String?
    var ifMatch: String?
    var ifNoneMatch: String?
    var body: [UInt8]
    var channel: any Channel

    /// `HEAD` is answered as `GET`, without the body.
    var isRead: Bool { method == "GET" || method == "HEAD" }

    func json() throws(CouchError) -> JSON {
        do {
            return try JSONParser.parse(body)
        } catch {
            throw .invalidJSON
        }
    }

    /// CouchDB wants to be told that a POST's body is JSON [103].
    func postedJSON() throws(CouchError) -> JSON {
        let type = contentType?.split(separator: ";").first?.lowercased()
        guard type == "application/json" else {
            throw CouchError(
                status: 415,
                error: "bad_content_type",
                reason: "Content-Type must be application/json"
            )
        }
        return try json()
    }

    func require(_ methods: String...) throws(CouchError) {
        guard methods.contains(method) else { throw .methodNotAllowed(methods.joined(separator: ",")) }
    }
}
