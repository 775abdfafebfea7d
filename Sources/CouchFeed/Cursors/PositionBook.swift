import Store

/// All cursors, as they are to be saved: by database, those who stand at one
/// place together. A value that knows no I/O.
struct PositionBook {
    private var positions: [String: [StoredPosition]] = [:]
    private var changed: Set<String> = []

    init(_ stored: [StoredPosition] = []) {
        for position in stored { positions[position.database, default: []].append(position) }
    }

    var hasChanges: Bool { !changed.isEmpty }

    /// The follower stands here from now on. One that was told that there is no such database stands nowhere.
    mutating func move(_ follower: Int64, in database: String, to standing: Ledger.Standing) {
        let target = StoredPosition(database: database, standing)
        // Taken out and put back, so that it is changed in place.
        var here = positions.removeValue(forKey: database) ?? []
        defer { if !here.isEmpty { positions[database] = here } }
        if let target, let index = here.firstIndex(where: { $0.isAt(target) }) {
            guard !here[index].followers.contains(follower) else { return }
            here.leave(follower)
            // Leaving may have moved it.
            guard let index = here.firstIndex(where: { $0.isAt(target) }) else { return }
            here[index].followers.append(follower)
        } else {
            // One that is alone here takes its place along.
            if let target, let index = here.firstIndex(where: { $0.followers == [follower] }) {
                here[index] = target
                here[index].followers = [follower]
            } else {
                here.leave(follower)
                if var target {
                    target.followers = [follower]
                    here.append(target)
                }
            }
        }
        changed.insert(database)
    }

    mutating func forget(_ follower: Int64) {
        for (database, here) in positions where here.contains(where: { $0.followers.contains(follower) }) {
            var here = here
            here.leave(follower)
            positions[database] = here.isEmpty ? nil : here
            changed.insert(database)
        }
    }

    /// By database, all positions in it, for those in which something has changed since the last call.
    mutating func takeChanges() -> [String: [StoredPosition]] {
        defer { changed = [] }
        return Dictionary(uniqueKeysWithValues: changed.map { ($0, positions[$0] ?? []) })
    }

    /// What was taken could not be saved.
    mutating func restore(_ databases: some Sequence<String>) {
        changed.formUnion(databases)
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

    fileprivate func isAt(_ other: StoredPosition) -> Bool {
        seq == other.seq && startTime == other.startTime && generation == other.generation
    }

    /// Where one begins who stands here.
    var beginning: Arrival.Beginning {
        guard let seq else { return .now }
        return .resume(
            Cursor(instance: Instance(startTime: startTime, generation: generation), seq: Seq(json: seq))
        )
    }
}
