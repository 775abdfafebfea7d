import NIOConcurrencyHelpers
import PocketCouch
import TestSupport

/// All that was ever done to the databases of an embedded server, in order: what its notifiers were told is judged by it.
///
/// Only what is done through it is in it; any thread may.
final class Chronicle: Sendable {
    /// A change, by whose number in a life the server's order goes.
    struct Change: Hashable {
        var id: String
        var rev: String
        var isDeleted: Bool
    }

    /// One life of a database.
    struct Life {
        /// What rich lines call it.
        let instance: String
        private(set) var changes: [Change] = []
        /// By id and revision.
        private(set) var numbers: [Change: Int] = [:]
        /// The number of each document's latest change.
        private(set) var latest: [String: Int] = [:]
        fileprivate(set) var isOver = false

        fileprivate init(instance: String) {
            self.instance = instance
        }

        fileprivate mutating func append(_ change: Change) {
            numbers[change] = changes.count
            latest[change.id] = changes.count
            changes.append(change)
        }
    }

    let state: CouchState
    private let clock: TestClock
    private let lives = NIOLockedValueBox<[String: [Life]]>([:])

    init() {
        let clock = TestClock()
        self.clock = clock
        state = CouchState(clock: clock.read)
    }

    /// The lives of each database, the first one first.
    var databases: [String: [Life]] { lives.withLockedValue { $0 } }

    func create(_ name: String) throws {
        try lives.withLockedValue { lives in
            clock.advance(seconds: 1)
            try state.createDatabase(name)
            lives[name, default: []].append(Life(instance: String(clock.read() / 1_000_000)))
        }
    }

    func delete(_ name: String) throws {
        try lives.withLockedValue { lives in
            try state.deleteDatabase(name)
            guard let life = lives[name]?.indices.last else { return }
            lives[name]?[life].isOver = true
        }
    }

    /// Writes documents with this body, or deletes them where it is nil and they are there.
    func write(_ ids: [String], _ body: String? = "{}", in name: String) throws {
        try lives.withLockedValue { lives in
            guard let life = lives[name]?.indices.last else { return }
            if let body {
                let revisions = try state.bulk(ids.map { ($0, body) }, in: name)
                for (id, rev) in zip(ids, revisions) {
                    lives[name]?[life].append(Change(id: id, rev: rev, isDeleted: false))
                }
            } else {
                for id in ids {
                    guard let last = lives[name]?[life].latest[id], lives[name]?[life].changes[last].isDeleted == false
                    else { continue }
                    let rev = try state.delete(id, in: name)
                    lives[name]?[life].append(Change(id: id, rev: rev, isDeleted: true))
                }
            }
        }
    }
}

extension Chronicle {
    /// What happens at random to five databases: new documents, changed and deleted ones, design documents; and one of
    /// the databases, `mortal`, is deleted and created again now and then.
    struct Author {
        private let chronicle: Chronicle
        private var random: SeededGenerator
        private var count = 0
        private var isMortalThere = true

        static let immortals = ["a", "b", "c", "d"]
        static let mortal = "mortal"

        /// Creates the databases.
        init(_ chronicle: Chronicle, seed: UInt64) throws {
            self.chronicle = chronicle
            random = SeededGenerator(seed: seed)
            for name in Self.immortals + [Self.mortal] { try chronicle.create(name) }
        }

        /// Does one thing.
        mutating func act() throws {
            let lot = Int.random(in: 0..<100, using: &random)
            if lot < 2 { return try liveOrDie() }
            let names = Self.immortals + (isMortalThere ? [Self.mortal] : [])
            let name = names[Int.random(in: names.indices, using: &random)]
            let some = Int.random(in: 0..<20, using: &random)
            switch lot {
            case ..<10: try chronicle.write((0...some).map { _ in newName() }, in: name)
            case ..<30: try chronicle.write(["often\(some)"], #"{"lot":\#(lot)}"#, in: name)
            case ..<40: try chronicle.write(["often\(some)"], nil, in: name)
            case ..<46: try chronicle.write(["_design/\(some % 4)"], in: name)
            case ..<48: try chronicle.write(["_design/\(some % 4)"], nil, in: name)
            default: try chronicle.write([newName()], in: name)
            }
        }

        /// Writes once into each database that is there.
        mutating func touchAll() throws {
            for name in Self.immortals + (isMortalThere ? [Self.mortal] : []) {
                try chronicle.write([newName()], in: name)
            }
        }

        private mutating func liveOrDie() throws {
            isMortalThere ? try chronicle.delete(Self.mortal) : try chronicle.create(Self.mortal)
            isMortalThere.toggle()
        }

        private mutating func newName() -> String {
            count += 1
            return "once\(count)"
        }
    }
}
