/// What a client wants a document to become: its JSON, taken apart.
struct DocumentEdit: Sendable {
    /// CouchDB's `max_document_size`, in bytes.
    static let maximumSize = 8_000_000

    var id: String
    /// The revision that the edit replaces, or, with `new_edits=false`, the one it is.
    var revision: Revision?
    var isDeleted = false
    /// As `Document.Leaf.body`.
    var body: [UInt8] = []
    /// From `_revisions`, the oldest first, without `revision` itself.
    var ancestors: [Revision] = []

    /// A deletion without a body.
    init(deleting id: String, revision: Revision?) {
        self.id = id
        self.revision = revision
        isDeleted = true
    }

    /// - Parameters:
    ///   - json: the document, an object.
    ///   - id: the id of the path; without it the document's own `_id`, and without that a random one.
    init(_ json: JSON, id: String? = nil) throws(CouchError) {
        guard let members = json.members else { throw .badRequest("Document must be a JSON object") }
        var ownID: String?
        var ordinary: [JSON.Member] = []
        for member in members {
            guard member.name.hasPrefix("_") else {
                ordinary.append(member)
                continue
            }
            switch member.name {
            case "_id":
                guard let text = member.value.text else { throw .illegalDocumentID("Document id must be a string") }
                ownID = text
            case "_rev": revision = try Self.revision(member.value)
            case "_deleted": isDeleted = member.value == .bool(true)
            case "_revisions": ancestors = try Self.ancestors(member.value)
            case "_conflicts", "_deleted_conflicts", "_local_seq", "_revs_info": break
            case "_attachments": throw .badRequest("PocketCouch keeps no attachments.")
            default:
                throw CouchError(
                    status: 400,
                    error: "doc_validation",
                    reason: "Bad special document member: \(member.name)"
                )
            }
        }
        if let id, let ownID, ownID != id { throw .badRequest("Document ID must match the one in the URL") }
        self.id = try Self.checked(id ?? ownID ?? randomUUID())
        JSON.write(ordinary, to: &body)
        guard body.count <= Self.maximumSize else {
            throw CouchError(status: 413, error: "document_too_large", reason: id == nil ? self.id : "")
        }
    }

    var isLocal: Bool { id.hasPrefix("_local/") }

    /// The id, or why it is none.
    static func checked(_ id: String) throws(CouchError) -> String {
        if id.isEmpty { throw .illegalDocumentID("Document id must not be empty") }
        if id.hasPrefix("_"), !id.hasPrefix("_design/"), !id.hasPrefix("_local/") {
            throw .illegalDocumentID("Only reserved document ids may start with underscore.")
        }
        if id == "_design/" || id == "_local/" { throw .illegalDocumentID("Illegal document id `\(id)`") }
        return id
    }

    static func revision(_ value: JSON) throws(CouchError) -> Revision {
        guard let text = value.text, let revision = Revision(text) else { throw .badRequest("Invalid rev format") }
        return revision
    }

    /// `{"start":3,"ids":["c","b","a"]}`, the newest first, becomes 1-a, 2-b.
    private static func ancestors(_ value: JSON) throws(CouchError) -> [Revision] {
        guard case .number(let digits)? = value["start"], let start = Int(digits), let ids = value["ids"]?.elements,
            start >= ids.count
        else { throw .badRequest("Bad _revisions") }
        var ancestors: [Revision] = []
        for (age, id) in ids.enumerated().dropFirst() {
            guard let digest = id.text else { throw .badRequest("Bad _revisions") }
            ancestors.append(Revision(generation: start - age, digest: digest))
        }
        return ancestors.reversed()
    }
}
