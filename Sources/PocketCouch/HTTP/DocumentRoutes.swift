/// Documents, singly and in bulk.
extension Routes {
    func document(_ database: Database, _ call: Call) throws(CouchError) -> Answer {
        let id = try DocumentEdit.checked(Self.id(call.target.segments))
        try call.require("DELETE", "GET", "HEAD", "POST", "PUT")
        switch call.method {
        case "PUT":
            try requireDesigner(id, call.caller)
            return try put(database, id, call)
        case "DELETE":
            try requireDesigner(id, call.caller)
            return try delete(database, id, call)
        case "GET", "HEAD": return try get(database, id, call)
        default: throw .methodNotAllowed("DELETE,GET,HEAD,PUT")
        }
    }

    /// `_design/x` and `_local/x` are two segments of the path and one id; elsewhere a further segment names an
    /// attachment.
    private static func id(_ segments: [String]) throws(CouchError) -> String {
        let rest = segments.dropFirst()
        guard let first = rest.first else { return "" }
        if first == "_design" || first == "_local" {
            guard rest.count == 2 else { throw .notFound("missing") }
            return rest.joined(separator: "/")
        }
        guard rest.count == 1 else { throw .notFound("Document is missing attachment") }
        return first
    }

    private func requireDesigner(_ id: String, _ caller: Authority.Caller) throws(CouchError) {
        if id.hasPrefix("_design/"), !caller.isAdmin { throw .unauthorized("You are not a db or server admin.") }
    }

    /// The revision that `?rev=` or `If-Match` names.
    private func revision(_ call: Call) throws(CouchError) -> Revision? {
        var text = call.target["rev"]
        if let header = call.ifMatch?.split(separator: "\"").first {
            guard text == nil || text.map({ $0 == header }) == true else {
                throw .badRequest("Document rev and etag have different values")
            }
            text = String(header)
        }
        return try text.map { text throws(CouchError) in try DocumentEdit.revision(.string(text)) }
    }

    private func put(_ database: Database, _ id: String, _ call: Call) throws(CouchError) -> Answer {
        var edit = try DocumentEdit(call.json(), id: id)
        if let revision = try revision(call) {
            guard edit.revision == nil || edit.revision == revision else {
                throw .badRequest("Document rev from request body and query string have different values")
            }
            edit.revision = revision
        }
        return try written(database, edit, call, newEdits: call.target["new_edits"] != "false")
    }

    func post(_ database: Database, _ call: Call) throws(CouchError) -> Answer {
        let edit = try DocumentEdit(call.postedJSON())
        try requireDesigner(edit.id, call.caller)
        return try written(database, edit, call, newEdits: true)
    }

    private func written(
        _ database: Database,
        _ edit: DocumentEdit,
        _ call: Call,
        newEdits: Bool
    ) throws(CouchError) -> Answer {
        let revision = try state.write(database) { contents throws(CouchError) in
            if newEdits { return try contents.apply(edit) }
            try contents.graft(edit)
            return edit.revision ?? Revision(generation: 0, digest: "0")
        }
        var answer = Self.done(edit.id, revision).with("ETag", "\"\(revision)\"")
            .with("Location", location(call, database.name, edit.id))
        answer.status = 201
        return answer
    }

    private func delete(_ database: Database, _ id: String, _ call: Call) throws(CouchError) -> Answer {
        let edit = DocumentEdit(deleting: id, revision: try revision(call))
        let revision = try state.write(database) { contents throws(CouchError) in
            if let document = contents.documents[id], document.isDeleted, edit.revision == nil {
                throw .notFound("deleted")
            }
            return try contents.apply(edit)
        }
        return Self.done(id, revision).with("ETag", "\"\(revision)\"")
    }

    private static func done(_ id: String, _ revision: Revision) -> Answer {
        .json(.members(["ok": .bool(true), "id": .string(id), "rev": .string(revision.description)]))
    }

    private func get(_ database: Database, _ id: String, _ call: Call) throws(CouchError) -> Answer {
        let (leaf, conflicts) = try find(database, id, call)
        let tag = "\"\(leaf.revision)\""
        if call.ifNoneMatch == tag { return Answer(status: 304, body: .whole([])).with("ETag", tag) }
        var bytes: [UInt8] = []
        leaf.write(id: id, conflicts: call.target.isTrue("conflicts") ? conflicts : [], to: &bytes)
        return Answer(body: .whole(bytes + [0x0A])).with("ETag", tag)
    }

    private func find(
        _ database: Database,
        _ id: String,
        _ call: Call
    ) throws(CouchError) -> (Document.Leaf, conflicts: [Revision]) {
        let wanted = try call.target["rev"].map { text throws(CouchError) in try DocumentEdit.revision(.string(text)) }
        let (document, local) = database.read { ($0.documents[id], $0.locals[id]) }
        if let local {
            let revision = Revision(generation: 0, digest: String(local.generation))
            return (.init(revision: revision, isDeleted: false, body: local.body, ancestors: []), [])
        }
        guard let document, let winner = document.winner else { throw .notFound("missing") }
        if let wanted {
            guard let leaf = document.leaf(wanted) else { throw .notFound("missing") }
            return (leaf, document.conflicts)
        }
        if winner.isDeleted { throw .notFound("deleted") }
        return (winner, document.conflicts)
    }

    func bulk(_ database: Database, _ call: Call) throws(CouchError) -> Answer {
        try call.require("POST")
        let json = try call.postedJSON()
        guard let documents = json["docs"]?.elements else {
            throw .badRequest("POST body must include `docs` parameter.")
        }
        let newEdits = json["new_edits"] != .bool(false)
        let isAdmin = call.caller.isAdmin
        var edits: [DocumentEdit] = []
        for document in documents { edits.append(try DocumentEdit(document)) }
        let rows = try state.write(database) { contents throws(CouchError) in
            edits.compactMap { edit in
                Self.bulkRow(edit, newEdits: newEdits, isAdmin: isAdmin, &contents)
            }
        }
        return .json(.array(rows), status: 201)
    }

    /// One document of a bulk; what cannot be written does not keep the others from it. With `new_edits=false` only
    /// failures are told.
    private static func bulkRow(
        _ edit: DocumentEdit,
        newEdits: Bool,
        isAdmin: Bool,
        _ contents: inout DatabaseContents
    ) -> JSON? {
        do throws(CouchError) {
            if edit.id.hasPrefix("_design/"), !isAdmin { throw .unauthorized("You are not a db or server admin.") }
            guard newEdits else {
                try contents.graft(edit)
                return nil
            }
            let revision = try contents.apply(edit)
            return .members(["ok": .bool(true), "id": .string(edit.id), "rev": .string(revision.description)])
        } catch {
            // CouchDB knows nothing but conflicts here.
            let shown = error.status == 404 ? .conflict : error
            return .members([
                "id": .string(edit.id), "error": .string(shown.error), "reason": .string(shown.reason),
            ])
        }
    }
}
