import GRDB
import GRDBSQLite

/// The dead letters, in SQL. To be used on the database's queue, writing in a transaction.
struct Letters {
    let database: Database

    /// Those of the notifier `name`, or all, in the order of their ids.
    func all(of name: String?) throws -> [DeadLetter] {
        guard let name else { return try letters(where: "TRUE") }
        return try letters(where: "notifier = ?", .text(name))
    }

    func counts() throws -> [String: Int] {
        var counts: [String: Int] = [:]
        try SQLStatement("SELECT notifier, count(*) FROM dead_letter GROUP BY notifier", database).forEachRow { row in
            counts[try row.text(0)] = Int(try row.integer(1))
        }
        return counts
    }

    func toBeRetried() throws -> [DeadLetter] {
        try letters(where: "is_to_be_retried")
    }

    func letter(_ id: Int64) throws -> DeadLetter? {
        try letters(where: "id = ?", .integer(id)).first
    }

    func save(_ letters: [DeadLetter]) throws {
        let columns = "notifier, database, line, reason, deliveries, first_delivered, died, is_to_be_retried"
        let insert = try SQLStatement(
            "INSERT INTO dead_letter (\(columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            database
        )
        let update = try SQLStatement(
            "UPDATE dead_letter SET (\(columns)) = (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) WHERE id = ?9",
            database
        )
        for letter in letters {
            let values: [SQLStatement.Value] = [
                .text(letter.notifier), .text(letter.database), .bytes(letter.line), .text(letter.reason),
                .integer(Int64(letter.deliveries)), .integer(letter.firstDelivered), .integer(letter.died),
                .integer(letter.isToBeRetried ? 1 : 0),
            ]
            if letter.id == 0 {
                try insert.run(values)
            } else {
                try update.run(values + [.integer(letter.id)])
            }
        }
    }

    func delete(_ ids: [Int64]) throws {
        let delete = try SQLStatement("DELETE FROM dead_letter WHERE id = ?", database)
        for id in ids { try delete.run(.integer(id)) }
    }

    func retry(_ selection: DeadLetterSelection) throws -> DeadLetterResult {
        try apply("UPDATE dead_letter SET is_to_be_retried = 1", selection)
    }

    func drop(_ selection: DeadLetterSelection) throws -> DeadLetterResult {
        try apply("DELETE FROM dead_letter", selection)
    }

    private func apply(_ action: String, _ selection: DeadLetterSelection) throws -> DeadLetterResult {
        switch selection {
        case .all:
            try SQLStatement(action, database).run()
            return .done(count: database.changesCount)
        case .of(let notifier):
            try SQLStatement("\(action) WHERE notifier = ?", database).run(.text(notifier))
            return .done(count: database.changesCount)
        case .ids(let ids):
            let unknown = try ids.filter { try !exists($0) }
            guard unknown.isEmpty else { return .unknown(unknown) }
            let statement = try SQLStatement("\(action) WHERE id = ?", database)
            for id in Set(ids) { try statement.run(.integer(id)) }
            return .done(count: Set(ids).count)
        }
    }

    private func exists(_ id: Int64) throws -> Bool {
        var isThere = false
        try SQLStatement("SELECT 1 FROM dead_letter WHERE id = ?", database).forEachRow(.integer(id)) { _ in
            isThere = true
        }
        return isThere
    }

    private func letters(where condition: String, _ values: SQLStatement.Value...) throws -> [DeadLetter] {
        var letters: [DeadLetter] = []
        let select = try SQLStatement(
            """
            SELECT id, notifier, database, line, reason, deliveries, first_delivered, died, is_to_be_retried
            FROM dead_letter WHERE \(condition) ORDER BY id
            """,
            database
        )
        try select.forEachRow(values) { row in
            letters.append(
                DeadLetter(
                    id: try row.integer(0),
                    notifier: try row.text(1),
                    database: try row.text(2),
                    line: try row.bytes(3),
                    reason: try row.text(4),
                    deliveries: Int(try row.integer(5)),
                    firstDelivered: try row.integer(6),
                    died: try row.integer(7),
                    isToBeRetried: try row.integer(8) != 0
                )
            )
        }
        return letters
    }
}
