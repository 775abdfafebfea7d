import NIOCore

/// `/db` and what stands directly below it.
extension Routes {
    func databaseRoute(_ name: String, _ call: Call) throws(CouchError) -> Answer {
        let segments = call.target.segments
        if segments.count == 1, call.method == "PUT" || call.method == "DELETE" {
            return try createOrDelete(name, call)
        }
        let database = try existing(name)
        try Authority.requireMember(call.caller, of: name, security: database.read(\.security))
        guard segments.count > 1 else {
            if call.method == "POST" { return try post(database, call) }
            try call.require("GET", "HEAD", "PUT", "DELETE", "POST")
            return .json(identity.describe(database))
        }
        switch segments[1] {
        case "_changes": return try changes(database, call)
        case "_all_docs": return try allDocuments(database, call)
        case "_bulk_docs": return try bulk(database, call)
        case "_security": return try security(database, call)
        case "_ensure_full_commit":
            try call.require("POST")
            let time = JSON.string(identity.instanceStartTime(database))
            return .json(.members(["ok": .bool(true), "instance_start_time": time]), status: 201)
        default: return try document(database, call)
        }
    }

    private func existing(_ name: String) throws(CouchError) -> Database {
        if let database = state.database(name) { return database }
        throw dialect == .couchDB1 ? .notFound("no_db_file") : .missingDatabase
    }

    private func createOrDelete(_ name: String, _ call: Call) throws(CouchError) -> Answer {
        try Authority.requireAdmin(call.caller)
        if call.method == "DELETE" {
            _ = try existing(name)
            try state.deleteDatabase(name)
            return .ok
        }
        try state.createDatabase(name)
        var answer = Answer.ok.with("Location", location(call, name))
        answer.status = 201
        return answer
    }

    private func changes(_ database: Database, _ call: Call) throws(CouchError) -> Answer {
        try call.require("GET", "POST", "HEAD")
        if call.method == "POST" {
            guard try call.postedJSON().members != nil else {
                throw .badRequest("Request body must be a JSON object")
            }
        }
        let options = try FeedOptions(changes: call.target)
        let waiter = Waiter()
        let feed = try ChangesFeed(
            database: database,
            state: state,
            dialect: dialect,
            options: options,
            waiter: waiter,
            eventLoop: call.channel.eventLoop
        )
        var answer = Answer(body: call.method == "HEAD" ? .whole([]) : .feed(feed))
        guard options.form == .normal else {
            connections.watch(call.channel, waiter)
            return answer
        }
        let tag = etag(database.instance.seq(database.read(\.updateNumber)))
        if call.ifNoneMatch == tag { answer = Answer(status: 304, body: .whole([])) }
        return answer.with("ETag", tag)
    }

    private func security(_ database: Database, _ call: Call) throws(CouchError) -> Answer {
        try call.require("PUT", "GET", "HEAD")
        guard call.method == "PUT" else {
            let admins = JSON.members(["roles": .array([.string("_admin")])])
            return .json(database.read(\.security) ?? .members(["members": admins, "admins": admins]))
        }
        guard call.caller.isAdmin else { throw .unauthorized("You are not a db or server admin.") }
        let json = try call.json()
        guard json.members != nil else { throw .badRequest("Request body must be a JSON object") }
        try state.write(database) { $0.security = json }
        return .ok
    }

    private func allDocuments(_ database: Database, _ call: Call) throws(CouchError) -> Answer {
        try call.require("GET", "POST", "HEAD")
        let range = try KeyRange(call.target)
        var keys = try call.target["keys"].map(Self.keys)
        if call.method == "POST" { keys = try call.postedJSON()["keys"]?.elements ?? keys }
        let includesDocuments = call.target.isTrue("include_docs")
        let chunks = database.read { Self.rows($0, range, keys, includesDocuments: includesDocuments) }
        return Answer(body: .chunks(chunks))
    }

    private static func rows(
        _ contents: DatabaseContents,
        _ range: KeyRange,
        _ keys: [JSON]?,
        includesDocuments: Bool
    ) -> [[UInt8]] {
        let total = contents.livingCount
        let chosen: [String]
        let offset: String
        if let keys {
            chosen = Array(keys.compactMap(\.text).dropFirst(range.skip).prefix(range.limit))
            offset = ""
        } else {
            let ids = contents.documents.filter { !$0.value.isDeleted }.map(\.key)
            chosen = Array(range.choose(ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }))
            offset = "\"offset\":\(min(range.skip, total)),"
        }
        var chunks = [Array("{\"total_rows\":\(total),\(offset)\"rows\":[\r\n".utf8)]
        for (index, id) in chosen.enumerated() {
            let row = row(id, contents.documents[id]?.winner, includesDocuments: includesDocuments)
            chunks.append(index == 0 ? row : Array(",\r\n".utf8) + row)
        }
        chunks.append(Array("\r\n]}\n".utf8))
        return chunks
    }

    private static func keys(_ text: String) throws(CouchError) -> [JSON] {
        guard let keys = (try? JSONParser.parse(text))?.elements else { throw .badRequest("`keys` must be an array.") }
        return keys
    }

    private static func row(_ id: String, _ leaf: Document.Leaf?, includesDocuments: Bool) -> [UInt8] {
        guard let leaf else {
            return JSON.members(["key": .string(id), "error": .string("not_found")]).bytes
        }
        var value: [JSON.Member] = [.init("rev", .string(leaf.revision.description))]
        if leaf.isDeleted { value.append(.init("deleted", .bool(true))) }
        var bytes = JSON.members(["id": .string(id), "key": .string(id), "value": .object(value)]).bytes
        guard includesDocuments else { return bytes }
        bytes.removeLast()
        bytes.append(contentsOf: ",\"doc\":".utf8)
        if leaf.isDeleted {
            bytes.append(contentsOf: "null".utf8)
        } else {
            leaf.write(id: id, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// A path of this server as a URL; the segments are encoded [007, 090].
    func location(_ call: Call, _ segments: String...) -> String {
        let path = segments.map { segment in
            var encoded = ""
            for byte in segment.utf8 {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    encoded.unicodeScalars.append(Unicode.Scalar(byte))
                case _ where "-_.~:".utf8.contains(byte): encoded.unicodeScalars.append(Unicode.Scalar(byte))
                default:
                    let digits = String(byte, radix: 16, uppercase: true)
                    encoded += byte < 16 ? "%0\(digits)" : "%\(digits)"
                }
            }
            return encoded
        }
        return "http://\(call.host)/\(path.joined(separator: "/"))"
    }
}
