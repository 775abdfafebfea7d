import Store

/// All cursors, as they are to be saved: by database, those who stand at one
/// place together. A value that knows no I/O.
struct PositionBook {
    /// One database.
    fileprivate struct Place {
        var positions: [StoredPosition] = []
        var isChanged = false
    }

    private var places: [String: Place] = [:]
    /// The databases of which something has changed, once each.
    private var changed: [String] = []

    init(_ stored: [StoredPosition] = []) {
        for position in stored { places[position.database, default: Place()].positions.append(position) }
    }

    /// All that stand in it.
    var positions: [StoredPosition] { places.values.flatMap(\.positions) }

    /// These, and no others, are the positions in the database.
    mutating func set(_ positions: [StoredPosition], in database: String) {
        places[database, default: Place()].positions = positions
        restore([database])
    }

    var hasChanges: Bool { !changed.isEmpty }

    /// The follower stands here from now on. One that was told that there is no such database stands nowhere.
    ///
    /// A life that is announced is a place only for one who stands nowhere: who
    /// stands in another life has not been told of the end of that one yet.
    mutating func move(_ follower: Int64, in database: String, to standing: Ledger.Standing) {
        if case .announced = standing, places[database]?.has(follower) ?? false { return }
        let target = StoredPosition(database: database, standing)
        // Changed in place: this is done for each follower and database that had news.
        let isNews = places[database, default: Place()].move(follower, to: target)
        if isNews { changed.append(database) }
    }

    mutating func forget(_ follower: Int64) {
        for (database, place) in places where place.positions.contains(where: { $0.followers.contains(follower) }) {
            if places[database]?.move(follower, to: nil) ?? false { changed.append(database) }
        }
    }

    /// By database, all positions in it, for those in which something has changed since the last call.
    mutating func takeChanges() -> [String: [StoredPosition]] {
        defer { changed = [] }
        var taken: [String: [StoredPosition]] = [:]
        taken.reserveCapacity(changed.count)
        for database in changed {
            let positions = places[database]?.positions ?? []
            taken[database] = positions
            places[database]?.isChanged = false
            if positions.isEmpty { places[database] = nil }
        }
        return taken
    }

    /// What was taken could not be saved.
    mutating func restore(_ databases: some Sequence<String>) {
        for database in databases {
            if places[database, default: Place()].change() { changed.append(database) }
        }
    }
}

extension PositionBook.Place {
    fileprivate func has(_ follower: Int64) -> Bool {
        positions.contains { $0.followers.contains(follower) }
    }

    /// Whether it was not changed before.
    fileprivate mutating func change() -> Bool {
        defer { isChanged = true }
        return !isChanged
    }

    /// The follower stands at `target`, or nowhere. Whether the place is changed by this and was not before.
    fileprivate mutating func move(_ follower: Int64, to target: StoredPosition?) -> Bool {
        if let target, let index = positions.firstIndex(where: { $0.isAt(target) }) {
            guard !positions[index].followers.contains(follower) else { return false }
            positions.leave(follower)
            // Leaving may have moved it.
            guard let index = positions.firstIndex(where: { $0.isAt(target) }) else { return false }
            positions[index].followers.append(follower)
        } else if let target, let index = positions.firstIndex(where: { $0.followers == [follower] }) {
            // One that is alone here takes its place along.
            positions[index] = target
            positions[index].followers = [follower]
        } else {
            positions.leave(follower)
            if var target {
                target.followers = [follower]
                positions.append(target)
            }
        }
        return change()
    }
}

extension [StoredPosition] {
    fileprivate mutating func leave(_ follower: Int64) {
        guard let index = firstIndex(where: { $0.followers.contains(follower) }) else { return }
        self[index].followers.removeAll { $0 == follower }
        if self[index].followers.isEmpty { remove(at: index) }
    }
}

extension StoredPosition {
    /// `nil` for one who stands nowhere.
    init?(database: String, _ standing: Ledger.Standing) {
        switch standing {
        case .atNow:
            self.init(database: database, startTime: nil, generation: 0, seq: nil, followers: [])
        case .announced(let instance):
            self.init(
                database: database,
                startTime: instance.startTime,
                generation: instance.generation,
                seq: Self.announced,
                followers: []
            )
        case .at(let cursor):
            guard let instance = cursor.instance else { return nil }
            self.init(
                database: database,
                startTime: instance.startTime,
                generation: instance.generation,
                seq: cursor.seq.text,
                followers: []
            )
        }
    }

    /// Stands for a seq where a life was announced and nothing more is known. No JSON, and so no seq.
    private static let announced = Array("created?".utf8)

    fileprivate func isAt(_ other: StoredPosition) -> Bool {
        seq == other.seq && startTime == other.startTime && generation == other.generation
    }

    /// Where one begins who stands here.
    var beginning: Arrival.Beginning {
        guard let seq else { return .now }
        let instance = Instance(startTime: startTime, generation: generation)
        return seq == Self.announced ? .announced(instance) : .resume(Cursor(instance: instance, seq: Seq(json: seq)))
    }
}
