import Store

/// What was known when Herald, or the hub before this one, was stopped: for the hub to begin with.
struct Memory {
    private typealias Beginnings = [String: [String: Arrival.Beginning]]

    /// By database and follower.
    private var beginnings = Beginnings()
    /// Those of databases that were asked for when these followers did not want them. They may want them again.
    private var unwanted = Beginnings()
    /// By database and follower, rows that these were given already and may be given again.
    private var passed: [String: [String: PassedRows]] = [:]
    /// By database, the least number of its next life, where that is not 0.
    private var generations: [String: Int] = [:]
    private var scopes: [String: String]
    /// The server whose databases these are; `nil` before it was first seen, or if it has no `uuid`.
    private(set) var serverID: String?

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
        for position in contents.positions where position.generation > generation(of: position.database) {
            // Those who are not configured may come back, and are to find lives numbered as they were.
            set(generation: position.generation, of: position.database)
        }
    }

    // MARK: From hub to hub

    /// This is where the follower begins, whatever was known before.
    mutating func set(_ beginning: Arrival.Beginning, of follower: String, in database: String) {
        beginnings[database, default: [:]][follower] = beginning
    }

    /// Of these followers it knows what `other` does, and nothing else.
    mutating func learn(of followers: Set<String>, from other: Memory) {
        forget(followers)
        for (database, known) in other.beginnings {
            for (follower, beginning) in known where followers.contains(follower) {
                set(beginning, of: follower, in: database)
            }
        }
        for follower in followers { scopes[follower] = other.scopes[follower] }
    }

    /// It knows nothing of these followers any more.
    mutating func forget(_ followers: Set<String>) {
        beginnings = Self.without(followers, beginnings)
        unwanted = Self.without(followers, unwanted)
        passed = Self.without(followers, passed)
        for follower in followers { scopes[follower] = nil }
    }

    private static func without<T>(_ followers: Set<String>, _ known: [String: [String: T]]) -> [String: [String: T]] {
        known.compactMapValues { known in
            let left = known.filter { !followers.contains($0.key) }
            return left.isEmpty ? nil : left
        }
    }

    /// The follower does not want the database any more, but goes on here should it want it again.
    mutating func setAside(_ beginning: Arrival.Beginning, of follower: String, in database: String) {
        unwanted[database, default: [:]][follower] = beginning
    }

    /// The follower has made another choice of databases: what was set aside is known again.
    mutating func recall(_ follower: String) {
        for (database, known) in unwanted {
            guard let beginning = known[follower] else { continue }
            unwanted[database]?[follower] = nil
            set(beginning, of: follower, in: database)
        }
    }

    /// Of these followers it knows what `other` knows and has not told, and nothing else.
    mutating func replace(_ followers: Set<String>, by other: Memory) {
        var other = other
        for follower in followers { other.recall(follower) }
        learn(of: followers, from: other)
        passed = other.passed.compactMapValues { rows in
            let left = rows.filter { followers.contains($0.key) && !$0.value.isOver(at: .now) }
            return left.isEmpty ? nil : left
        }
        generations = other.generations
    }

    /// The follower was given these already.
    mutating func set(_ rows: PassedRows, passedBy follower: String, in database: String) {
        passed[database, default: [:]][follower] = rows
    }

    /// The next life of the database has at least this number.
    mutating func set(generation: Int, of database: String) {
        generations[database] = generation > 0 ? generation : nil
    }

    /// This is the server, if none is known yet.
    mutating func suggest(serverID: String) {
        self.serverID = self.serverID ?? serverID
    }

    // MARK: What a hub asks

    /// The least number of the next life of the database.
    func generation(of database: String) -> Int { generations[database] ?? 0 }

    /// What the follower was given already in this database. Told once.
    mutating func takeRows(passedBy follower: String, in database: String) -> PassedRows? {
        passed[database]?.removeValue(forKey: follower)
    }

    /// Where the follower begins in this database, if that is known and was not told.
    func beginning(of follower: String, in database: String) -> Arrival.Beginning? {
        beginnings[database]?[follower]
    }

    /// The databases of which somebody was told and nothing was asked since.
    var databases: some Collection<String> { beginnings.keys }

    /// Where the followers that want this database begin in it, by their names. Told once: from then on the hub knows
    /// better.
    mutating func take(_ database: String, for followers: [String]) -> [String: Arrival.Beginning] {
        guard let known = beginnings.removeValue(forKey: database) else { return [:] }
        let taken = known.filter { followers.contains($0.key) }
        for (follower, beginning) in known where taken[follower] == nil {
            setAside(beginning, of: follower, in: database)
        }
        return taken
    }

    /// The follower has looked, with this choice of databases.
    mutating func set(scope: String, of follower: String) {
        scopes[follower] = scope
    }

    /// What the follower's choice of databases was when it last looked; `nil` if it has never looked.
    func scope(of follower: String) -> String? {
        scopes[follower]
    }
}
