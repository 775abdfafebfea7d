import PocketCouch
import TestSupport

/// Writes into an embedded server, at random with a seed, and remembers what is true: the latest change of each document.
struct Truth {
    struct Latest: CustomStringConvertible {
        var revision: String
        var isDeleted: Bool

        var description: String { isDeleted ? "\(revision) deleted" : revision }
    }

    let state: CouchState
    var random: SeededGenerator
    /// By database, then by document. Only those databases that there are.
    private(set) var databases: [String: [String: Latest]] = [:]
    /// How many changes there were in all.
    private(set) var changeCount = 0
    private var designCount = 0

    init(_ state: CouchState, seed: UInt64) {
        self.state = state
        random = SeededGenerator(seed: seed)
    }

    mutating func create(_ database: String) throws {
        try state.createDatabase(database)
        databases[database] = [:]
    }

    mutating func delete(_ database: String) throws {
        try state.deleteDatabase(database)
        databases[database] = nil
    }

    mutating func write(_ ids: [String], in database: String) throws {
        // No two bodies are equal, so that no two revisions are, in other lives of the database neither.
        let revisions = try state.bulk(ids.map { (id: $0, body: #"{"n":\#(changeCount)}"#) }, in: database)
        changeCount += ids.count
        for (id, revision) in zip(ids, revisions) {
            databases[database]?[id] = Latest(revision: revision, isDeleted: false)
        }
    }

    /// Some documents, new ones and old ones, of a database that there is.
    mutating func writeSome(_ most: Int, of ids: Int) throws {
        guard let database = some() else { return }
        let some = Set(
            (0..<Int.random(in: 1...most, using: &random)).map { _ in Int.random(in: 0..<ids, using: &random) }
        )
        try write(some.sorted().map { "doc\($0)" }, in: database)
    }

    /// A new design document.
    mutating func writeDesign() throws {
        guard let database = some() else { return }
        designCount += 1
        try write(["_design/d\(designCount)"], in: database)
    }

    /// One document less, if there is one.
    mutating func deleteSome() throws {
        guard let database = some() else { return }
        let living = (databases[database] ?? [:]).filter { !$0.value.isDeleted && !$0.key.hasPrefix("_design/") }
        guard let id = living.keys.sorted().randomElement(using: &random) else { return }
        let revision = try state.delete(id, in: database)
        changeCount += 1
        databases[database]?[id] = Latest(revision: revision, isDeleted: true)
    }

    /// A database comes, goes, or goes and comes back.
    mutating func comeOrGo(_ names: [String]) throws {
        guard let name = names.randomElement(using: &random) else { return }
        guard databases[name] != nil else { return try create(name) }
        try delete(name)
        if Bool.random(using: &random) { try create(name) }
    }

    private mutating func some() -> String? {
        databases.keys.sorted().randomElement(using: &random)
    }
}
