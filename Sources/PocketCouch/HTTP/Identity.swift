/// What tells servers apart: `GET /` and `GET /db`, in the words of each dialect.
struct Identity: Sendable {
    let dialect: Dialect
    /// Microseconds since 1970.
    let startedAt: Int
    /// Of each database, in the cluster that is played.
    let copies: Int

    /// The `Server` header.
    var server: String {
        switch dialect {
        case .couchDB3, .cloudant: "CouchDB/3.5.0 (PocketCouch)"
        case .couchDB2: "CouchDB/2.3.1 (PocketCouch)"
        case .couchDB1: "CouchDB/1.7.2 (PocketCouch)"
        case .pouchDBServer: "PouchDB Server (PocketCouch)"
        }
    }

    func welcome(uuid: String) -> JSON {
        switch dialect {
        case .couchDB3:
            .members([
                "couchdb": .string("Welcome"), "version": .string("3.5.0"), "git_sha": .string("11f0d36"),
                "uuid": .string(uuid),
                "features": .array(
                    ["quickjs", "access-ready", "partitioned", "pluggable-storage-engines", "reshard", "scheduler"]
                        .map { .string($0) }
                ),
                "vendor": .members(["name": .string("The Apache Software Foundation")]),
            ])
        case .couchDB2:
            .members([
                "couchdb": .string("Welcome"), "version": .string("2.3.1"), "git_sha": .string("c298091a4"),
                "uuid": .string(uuid),
                "features": .array([.string("pluggable-storage-engines"), .string("scheduler")]),
                "vendor": .members(["name": .string("The Apache Software Foundation")]),
            ])
        case .couchDB1:
            .members([
                "couchdb": .string("Welcome"), "uuid": .string(uuid), "version": .string("1.7.2"),
                "vendor": .members([
                    "version": .string("1.7.2"), "name": .string("The Apache Software Foundation"),
                ]),
            ])
        case .pouchDBServer:
            .members([
                "express-pouchdb": .string("Welcome!"), "version": .string("4.2.0"),
                "vendor": .members(["name": .string("PouchDB authors"), "version": .string("4.2.0")]),
                "uuid": .string(uuid),
            ])
        case .cloudant:
            .members([
                "couchdb": .string("Welcome"), "version": .string("3.5.0"), "git_sha": .string("11f0d36"),
                "vendor": .members(["name": .string("IBM Cloudant"), "version": .string("8529")]),
                "uuid": .string(uuid),
                "features": .array([.string("partitioned"), .string("pluggable-storage-engines")]),
            ])
        }
    }

    /// CouchDB 3 tells when the database was created, in seconds; the others tell nothing about the database.
    func instanceStartTime(_ database: Database) -> String {
        switch dialect {
        case .couchDB3, .cloudant: String(database.createdAt / 1_000_000)
        case .couchDB2: "0"
        case .couchDB1: String(max(startedAt, database.createdAt))
        case .pouchDBServer: String(startedAt / 1000)
        }
    }

    func describe(_ database: Database) -> JSON {
        // Within the lock: a copy of the contents would make the next write copy them in full.
        database.read { describe(database, $0) }
    }

    private func describe(_ database: Database, _ contents: DatabaseContents) -> JSON {
        let time = JSON.string(instanceStartTime(database))
        let name = JSON.string(database.name)
        let (living, deleted) = (JSON.number(contents.livingCount), JSON.number(contents.deletedCount))
        let external = contents.externalSize
        let file = 16_700 + 2 * external
        let sizes = JSON.members([
            "file": .number(file), "external": .number(external), "active": .number(external),
        ])
        let seq = JSON.string(database.instance.seq(contents.updateNumber))
        let purgeSeq = JSON.string(database.instance.seq(0))
        let quorum = JSON.number(copies / 2 + 1)
        let cluster = JSON.members(["q": .number(2), "n": .number(copies), "w": quorum, "r": quorum])
        switch dialect {
        case .couchDB3, .cloudant:
            return .members([
                "instance_start_time": time, "db_name": name, "purge_seq": purgeSeq, "update_seq": seq,
                "sizes": sizes, "props": .object([]), "doc_del_count": deleted, "doc_count": living,
                "disk_format_version": .number(8), "compact_running": .bool(false), "cluster": cluster,
            ])
        case .couchDB2:
            return .members([
                "db_name": name, "purge_seq": purgeSeq, "update_seq": seq, "sizes": sizes,
                "other": .members(["data_size": .number(external)]), "doc_del_count": deleted, "doc_count": living,
                "disk_size": .number(file), "disk_format_version": .number(7), "data_size": .number(external),
                "compact_running": .bool(false), "cluster": cluster, "instance_start_time": time,
            ])
        case .couchDB1:
            let number = JSON.number(contents.updateNumber)
            return .members([
                "db_name": name, "doc_count": living, "doc_del_count": deleted, "update_seq": number,
                "purge_seq": .number(0), "compact_running": .bool(false), "disk_size": .number(file),
                "data_size": .number(external), "instance_start_time": time, "disk_format_version": .number(6),
                "committed_update_seq": number,
            ])
        case .pouchDBServer:
            return .members([
                "doc_count": living, "update_seq": .number(contents.updateNumber),
                "backend_adapter": .string("MemDOWN"), "db_name": name, "auto_compaction": .bool(false),
                "adapter": .string("memory"), "instance_start_time": time,
            ])
        }
    }
}
