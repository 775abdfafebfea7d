import Store

/// What was known when Herald, or the hub before this one, was stopped: for the hub to begin with.
struct Memory {
    private var beginnings: [String: [String: Arrival.Beginning]] = [:]
    private let scopes: [String: String]
    /// The server whose databases these are; `nil` before it was first seen, or if it has no `uuid`.
    let serverID: String?

    init(_ contents: StoreContents = StoreContents()) {
        let names = Dictionary(uniqueKeysWithValues: contents.followers.map { ($0.id, $0.name) })
        for position in contents.positions {
            for follower in position.followers {
                guard let name = names[follower] else { continue }
                beginnings[position.database, default: [:]][name] = position.beginning
            }
        }
        scopes = Dictionary(contents.followers.map { ($0.name, $0.scope) }) { $1 }
            .filter { !$0.value.isEmpty }
        serverID = contents.server?.uuid
    }

    /// This is where the follower begins, whatever was known before.
    mutating func set(_ cursor: Cursor, of follower: String, in database: String) {
        beginnings[database, default: [:]][follower] = .resume(cursor)
    }

    /// This is where the follower begins, if nothing else is known.
    mutating func suggest(_ beginning: Arrival.Beginning, of follower: String, in database: String) {
        if beginnings[database]?[follower] == nil { beginnings[database, default: [:]][follower] = beginning }
    }

    /// Forgets where followers begin for whom `isOver` says so.
    mutating func forget(where isOver: (_ database: String, _ follower: String) -> Bool) {
        for (database, followers) in beginnings {
            let left = followers.filter { !isOver(database, $0.key) }
            beginnings[database] = left.isEmpty ? nil : left
        }
    }

    func knows(_ database: String) -> Bool { beginnings[database] != nil }

    /// The databases of which somebody was told and nothing was asked since.
    var databases: some Collection<String> { beginnings.keys }

    /// Where followers begin in this database, by their names. Told once: from then on the hub knows better.
    mutating func take(_ database: String) -> [String: Arrival.Beginning] {
        beginnings.removeValue(forKey: database) ?? [:]
    }

    /// What the follower's choice of databases was when it last looked; `nil` if it has never looked.
    func scope(of follower: String) -> String? {
        scopes[follower]
    }
}
