import NIOCore

/// Which request gets which answer.
struct Routes: Sendable {
    let state: CouchState
    let configuration: PocketCouch.Configuration
    let identity: Identity
    let connections: Connections

    var dialect: Dialect { configuration.dialect }

    static func kind(_ target: RequestTarget) -> CouchStats.Kind {
        switch target.segments.first {
        case nil: .root
        case "_all_dbs": .allDatabases
        case "_dbs_info": .databasesInfo
        case "_db_updates": .databaseUpdates
        case "_up", "_session", "_uuids": .server
        default:
            switch target.segments.count {
            case 1: .database
            case 2 where target.segments[1] == "_changes": .changes
            default: .document
            }
        }
    }

    func answer(_ call: Call) async throws -> Answer {
        switch call.target.segments.first {
        case nil:
            try call.require("GET", "HEAD")
            return .json(identity.welcome(uuid: state.uuid))
        case "_up":
            try call.require("GET", "HEAD")
            return .json(.members(["status": .string("ok"), "seeds": .object([])]))
        case "_uuids":
            try call.require("GET")
            let count = min(max(call.target["count"].flatMap { Int($0) } ?? 1, 0), 1000)
            return .json(.members(["uuids": .array((0..<count).map { _ in .string(randomUUID()) })]))
        case "_session":
            try call.require("GET", "HEAD")
            return session(call)
        case "_all_dbs": return try allDatabases(call)
        case "_dbs_info": return try databasesInfo(call)
        case "_db_updates": return try await databaseUpdates(call)
        case let name?: return try databaseRoute(name, call)
        }
    }

    private func session(_ call: Call) -> Answer {
        let roles: [JSON] = call.caller.isAdmin ? [.string("_admin")] : []
        let name = call.caller.name.map { JSON.string($0) } ?? .null
        var info: [JSON.Member] = [
            .init("authentication_handlers", .array([.string("cookie"), .string("default")]))
        ]
        if call.caller != .anonymous { info.append(.init("authenticated", .string("default"))) }
        return .json(
            .members([
                "ok": .bool(true), "userCtx": .members(["name": name, "roles": .array(roles)]),
                "info": .object(info),
            ])
        )
    }

    /// The list of databases was open to everybody before CouchDB 3.
    private func requireLister(_ caller: Authority.Caller) throws(CouchError) {
        if dialect == .couchDB3 || dialect == .cloudant { try Authority.requireAdmin(caller) }
    }

    private func allDatabases(_ call: Call) throws(CouchError) -> Answer {
        try call.require("GET", "HEAD")
        try requireLister(call.caller)
        let names = try KeyRange(call.target).choose(state.databaseNames)
        return .list(names.map { JSON.string($0).bytes }).with("ETag", etag(names.map { $0 }.joined(separator: " ")))
    }

    private func databasesInfo(_ call: Call) throws(CouchError) -> Answer {
        if dialect.hasIntegerSeqs { throw .missingDatabase }
        if dialect == .couchDB2 { try call.require("POST") } else { try call.require("GET", "POST") }
        try requireLister(call.caller)
        if call.method == "GET" {
            let names = try KeyRange(call.target).choose(state.databaseNames)
            return .list(names.map(info)).with("ETag", etag(names.map { $0 }.joined(separator: " ")))
        }
        guard let keys = try call.postedJSON()["keys"]?.elements else {
            throw .badRequest("`keys` member must exist.")
        }
        guard keys.count <= 100 else { throw .badRequest("too_many_keys") }
        return .list(keys.map { info($0.text ?? "") })
    }

    private func info(_ name: String) -> [UInt8] {
        guard let database = state.database(name) else {
            return JSON.members(["key": .string(name), "error": .string("not_found")]).bytes
        }
        return JSON.members(["key": .string(name), "info": identity.describe(database)]).bytes
    }

    private func databaseUpdates(_ call: Call) async throws -> Answer {
        switch dialect {
        case .pouchDBServer: throw CouchError.illegalDatabaseName("_db_updates")
        case .cloudant:
            throw CouchError(status: 403, error: "forbidden", reason: "_db_updates is not enabled for this account")
        case .couchDB1, .couchDB2, .couchDB3: break
        }
        try call.require("GET")
        if dialect != .couchDB1 { try Authority.requireAdmin(call.caller) }
        if !configuration.bellEnabled { throw CouchError.missingDatabase }
        let waiter = Waiter()
        connections.watch(call.channel, waiter)
        if dialect == .couchDB1 {
            var target = call.target
            if target["feed"] == nil { target.parameters.append(.init(name: "feed", value: "longpoll")) }
            let options = try FeedOptions(bell: target)
            return Answer(
                body: .feed(
                    EventFeed(state: state, options: options, waiter: waiter, eventLoop: call.channel.eventLoop)
                )
            )
        }
        let options = try FeedOptions(bell: call.target)
        let feed = try BellFeed(state: state, options: options, waiter: waiter, eventLoop: call.channel.eventLoop)
        if options.form == .normal {
            return Answer(body: .feed(feed)).with("ETag", etag("\(state.readBell(\.updateNumber))"))
        }
        return Answer(body: .feed(try await PrimedFeed(feed)))
    }

    /// A validator of what the text stands for, quoted.
    func etag(_ text: String) -> String {
        let digest = String(fnv1a(text.utf8, basis: 0xcbf2_9ce4_8422_2325), radix: 36, uppercase: true)
        return "\"\(digest)\""
    }
}
