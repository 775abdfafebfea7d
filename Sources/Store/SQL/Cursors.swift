import GRDB

/// The server, the followers and their positions, in SQL. To be used on the database's queue, writing in a transaction.
struct Cursors {
    let database: Database

    func contents() throws -> StoreContents {
        var contents = StoreContents()
        try SQLStatement("SELECT uuid, kind FROM server", database).forEachRow { row in
            contents.server = StoredServer(uuid: try row.text(0), kind: try row.text(1))
        }
        try SQLStatement("SELECT id, name, scope, absence FROM follower ORDER BY id", database).forEachRow { row in
            contents.followers.append(
                StoredFollower(
                    id: try row.integer(0),
                    name: try row.text(1),
                    scope: try row.text(2),
                    absence: .milliseconds(try row.integer(3))
                )
            )
        }
        let positions = try SQLStatement(
            "SELECT database, start_time, generation, seq, followers FROM cursor ORDER BY database, number",
            database
        )
        try positions.forEachRow { row in
            contents.positions.append(
                StoredPosition(
                    database: try row.text(0),
                    startTime: try row.optionalText(1),
                    generation: Int(try row.integer(2)),
                    seq: try row.optionalBytes(3),
                    followers: try FollowerList.ids(try row.text(4))
                )
            )
        }
        return contents
    }

    func save(_ server: StoredServer) throws {
        try SQLStatement("INSERT OR REPLACE INTO server (number, uuid, kind) VALUES (1, ?, ?)", database)
            .run(.text(server.uuid), .text(server.kind))
    }

    func save(_ followers: [StoredFollower]) throws {
        let upsert = try SQLStatement(
            "INSERT OR REPLACE INTO follower (id, name, scope, absence) VALUES (?, ?, ?, ?)",
            database
        )
        for follower in followers {
            try upsert.run(
                .integer(follower.id),
                .text(follower.name),
                .text(follower.scope),
                .integer(follower.absence.wholeMilliseconds)
            )
        }
    }

    /// Replaces the positions of each database by these.
    func save(_ positions: [String: [StoredPosition]]) throws {
        let upsert = try SQLStatement(
            """
            INSERT OR REPLACE INTO cursor (database, number, start_time, generation, seq, followers)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            database
        )
        let delete = try SQLStatement("DELETE FROM cursor WHERE database = ? AND number >= ?", database)
        var list = FollowerList()
        // In the table's order, so that each of its pages is visited once.
        for (name, positions) in positions.sorted(by: { $0.key < $1.key }) {
            var count: Int64 = 0
            for position in positions where !position.followers.isEmpty {
                try upsert.run(
                    .text(name),
                    .integer(count),
                    .text(position.startTime),
                    .integer(Int64(position.generation)),
                    .bytes(position.seq),
                    .text(list.text(position.followers))
                )
                count += 1
            }
            try delete.run(.text(name), .integer(count))
        }
    }

    /// Deletes followers with their cursors.
    func forget(_ followers: [Int64]) throws {
        let forgotten = Set(followers)
        var rests: [(database: String, number: Int64, rest: [Int64])] = []
        try SQLStatement("SELECT database, number, followers FROM cursor", database).forEachRow { row in
            let ids = try FollowerList.ids(try row.text(2))
            guard ids.contains(where: forgotten.contains) else { return }
            rests.append((try row.text(0), try row.integer(1), ids.filter { !forgotten.contains($0) }))
        }
        let update = try SQLStatement("UPDATE cursor SET followers = ? WHERE database = ? AND number = ?", database)
        let delete = try SQLStatement("DELETE FROM cursor WHERE database = ? AND number = ?", database)
        for (name, number, rest) in rests {
            if rest.isEmpty {
                try delete.run(.text(name), .integer(number))
            } else {
                try update.run(.text(FollowerList.text(rest)), .text(name), .integer(number))
            }
        }
        let deleteFollower = try SQLStatement("DELETE FROM follower WHERE id = ?", database)
        for id in forgotten { try deleteFollower.run(.integer(id)) }
    }
}

/// The ids of followers as the store writes them: a JSON array.
struct FollowerList {
    private var last: (ids: [Int64], text: String)?

    /// The text of `ids`. The followers of most databases are the same, so the last text is kept.
    mutating func text(_ ids: [Int64]) -> String {
        if let last, last.ids == ids { return last.text }
        let text = Self.text(ids)
        last = (ids, text)
        return text
    }

    static func text(_ ids: [Int64]) -> String {
        "[\(ids.map { String($0) }.joined(separator: ","))]"
    }

    static func ids(_ text: String) throws -> [Int64] {
        guard text.utf8.first == UInt8(ascii: "["), text.utf8.last == UInt8(ascii: "]"), text.utf8.count >= 2 else {
            throw SQLRow.Misfit(column: "followers")
        }
        let inner = text.dropFirst().dropLast()
        guard !inner.isEmpty else { return [] }
        return try inner.split(separator: ",", omittingEmptySubsequences: false).map { digits in
            guard let id = Int64(digits) else { throw SQLRow.Misfit(column: "followers") }
            return id
        }
    }
}

extension Duration {
    /// Rounded down; what does not fit is the most that there is.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, overflows) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return overflow || overflows ? (seconds < 0 ? .min : .max) : sum
    }
}
