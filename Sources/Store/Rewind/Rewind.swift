/// An order to put cursors elsewhere, and what it does to those that are stored.
///
/// What a follower was last told of the lives of a database stays as it is: it
/// is told its changes again, or not told of some, but never of a deletion that
/// was none.
public struct Rewind: Sendable, Equatable {
    /// The name of the follower; nil for all.
    public var follower: String?
    /// The one database in which it is to be done; nil for all in which there is a cursor.
    public var database: String?
    /// Where the cursors go.
    public var target: RewindTarget

    /// An order. A seq means something in one database only: name it.
    public init(follower: String?, database: String?, target: RewindTarget) {
        self.follower = follower
        self.database = database
        self.target = target
    }

    /// What comes of an order.
    public struct Outcome: Sendable, Equatable {
        /// What is to be saved.
        public var changes: StoreChanges
        /// In how many databases each follower's cursor was put elsewhere, by name; none that had no cursor.
        public var databases: [(follower: String, count: Int)]

        /// Whether both save and tell the same.
        public static func == (left: Outcome, right: Outcome) -> Bool {
            left.changes == right.changes && left.databases.elementsEqual(right.databases) { $0 == $1 }
        }
    }

    /// What is to be saved in a store that holds `contents`; throws if there is nothing that could be meant.
    public func outcome(in contents: StoreContents) throws(RewindFault) -> Outcome {
        let meant = contents.followers.filter { follower == nil || $0.name == follower }
        guard !meant.isEmpty else {
            throw .unknownFollower(follower, known: Set(contents.followers.map(\.name)).sorted())
        }
        var positions = Dictionary(grouping: contents.positions, by: \.database)
        if let database, let follower, case .seq = target {
            positions[database, default: []].addMissing(meant.map(\.id), to: database, target)
            // All others stay out of it.
            positions = [database: positions[database] ?? []]
            return outcome(of: meant, positions, names: [follower])
        }
        let moved = outcome(
            of: meant,
            positions.filter { database == nil || $0.key == database },
            names: Set(meant.map(\.name)).sorted()
        )
        guard moved.databases.isEmpty else { return moved }
        let ids = Set(meant.map(\.id))
        let others = contents.positions.filter { !ids.isDisjoint(with: $0.followers) }.map(\.database)
        throw .noCursor(follower, database: database, others: Set(others).sorted())
    }

    private func outcome(
        of meant: [StoredFollower],
        _ positions: [String: [StoredPosition]],
        names: [String]
    ) -> Outcome {
        let ids = Set(meant.map(\.id))
        var changes = StoreChanges()
        for (database, positions) in positions where positions.contains(where: { !ids.isDisjoint(with: $0.followers) })
        {
            changes.positions[database] = positions.moving(ids, to: target)
        }
        let counts = names.map { name in
            let own = Set(meant.filter { $0.name == name }.map(\.id))
            let count = changes.positions.count { database, _ in
                positions[database, default: []].contains { !own.isDisjoint(with: $0.followers) }
            }
            return (follower: name, count: count)
        }
        return Outcome(changes: changes, databases: counts.filter { $0.count > 0 })
    }
}

/// Why nothing can be rewound.
public enum RewindFault: Error, Sendable, Equatable {
    /// No follower has this name, or there is none at all; those that there are.
    case unknownFollower(String?, known: [String])
    /// The follower, or none of all, has a cursor in the database, or in any; the databases in which there are.
    case noCursor(String?, database: String?, others: [String])
}

extension RewindFault: CustomStringConvertible {
    /// What is wrong; what to do.
    public var description: String {
        switch self {
        case .unknownFollower(_, known: []):
            "nobody has a cursor in this store yet; 'herald run' makes them, beginning at each notifier's 'since'"
        case .unknownFollower(let name, let known):
            "nobody named '\(name ?? "")' has cursors here; there are: \(Self.list(known))"
        case .noCursor(let name, _, others: []):
            "\(Self.hasNo(name)) cursor yet; 'herald run' makes it, beginning at the notifier's 'since'"
        case .noCursor(let name, let database, let others):
            "\(Self.hasNo(name)) cursor in '\(database ?? "")'; there are some in: \(Self.list(others))"
        }
    }

    private static func hasNo(_ name: String?) -> String {
        name.map { "\($0) has no" } ?? "nobody has a"
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " and \(names.count - 20) more" : "")
    }
}

extension [StoredPosition] {
    /// These positions of one database, with the followers `ids` put at `target` in the instances where they are.
    fileprivate func moving(_ ids: Set<Int64>, to target: RewindTarget) -> [StoredPosition] {
        var result: [StoredPosition] = []
        func add(_ position: StoredPosition) {
            let same = result.firstIndex { other in
                other.startTime == position.startTime && other.generation == position.generation
                    && other.seq == position.seq
            }
            if let same {
                result[same].followers = Set(result[same].followers + position.followers).sorted()
            } else if !position.followers.isEmpty {
                result.append(position)
            }
        }
        for position in self {
            var (staying, moved) = (position, position)
            staying.followers = position.followers.filter { !ids.contains($0) }
            moved.followers = position.followers.filter(ids.contains)
            moved.seq = target.stored
            add(staying)
            add(moved)
        }
        return result
    }

    /// Gives those of the followers `ids` a cursor that have none in these positions of `database`. Which life they were
    /// told of is not known.
    fileprivate mutating func addMissing(_ ids: [Int64], to database: String, _ target: RewindTarget) {
        let present = Set(flatMap(\.followers))
        guard present.isDisjoint(with: ids) else { return }
        append(StoredPosition(database: database, startTime: nil, seq: target.stored, followers: ids))
    }
}
