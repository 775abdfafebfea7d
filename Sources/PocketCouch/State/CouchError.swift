/// What CouchDB answers instead of a result: an HTTP status and `{"error":...,"reason":...}`.
public struct CouchError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The HTTP status.
    public var status: Int
    /// CouchDB's word for it, such as `conflict`.
    public var error: String
    /// CouchDB's sentence for it.
    public var reason: String
    /// What the `Allow` header lists, where the status is 405.
    var allow: String?

    /// An answer with this status and body.
    public init(status: Int, error: String, reason: String) {
        self.status = status
        self.error = error
        self.reason = reason
    }

    /// `not_found: missing (404)`
    public var description: String { "\(error): \(reason) (\(status))" }

    static func badRequest(_ reason: String) -> CouchError {
        CouchError(status: 400, error: "bad_request", reason: reason)
    }

    static func notFound(_ reason: String) -> CouchError {
        CouchError(status: 404, error: "not_found", reason: reason)
    }

    static func unauthorized(_ reason: String) -> CouchError {
        CouchError(status: 401, error: "unauthorized", reason: reason)
    }

    static func illegalDocumentID(_ reason: String) -> CouchError {
        CouchError(status: 400, error: "illegal_docid", reason: reason)
    }

    static func methodNotAllowed(_ allow: String) -> CouchError {
        var error = CouchError(status: 405, error: "method_not_allowed", reason: "Only \(allow) allowed")
        error.allow = allow
        return error
    }

    static let invalidJSON = badRequest("invalid UTF-8 JSON")
    static let missingDatabase = notFound("Database does not exist.")
    static let conflict = CouchError(status: 409, error: "conflict", reason: "Document update conflict.")
    static let malformedSeq = badRequest("Malformed sequence supplied in 'since' parameter.")
    static let badArgument = CouchError(status: 500, error: "unknown_error", reason: "badarg")
    static let fileExists = CouchError(
        status: 412,
        error: "file_exists",
        reason: "The database could not be created, the file already exists."
    )

    static func illegalDatabaseName(_ name: String) -> CouchError {
        CouchError(
            status: 400,
            error: "illegal_database_name",
            reason: "Name: '\(name)'. Only lowercase characters (a-z), digits (0-9), and any of the characters "
                + "_, $, (, ), +, -, and / are allowed. Must begin with a letter."
        )
    }
}
