import NIOConcurrencyHelpers

/// One life of a database: its contents behind a lock, and the feeds that are open on it. A deleted database stays with
/// the feeds that hold it, empty and marked, until they have ended.
final class Database: Sendable {
    private struct State {
        var contents: DatabaseContents
        var waiters: [ObjectIdentifier: Waiter] = [:]
        var isDeleted = false
    }

    let name: String
    let instance: Instance
    /// Microseconds since 1970.
    let createdAt: Int
    private let state: NIOLockedValueBox<State>

    init(name: String, createdAt: Int, instance: Instance = Instance(), contents: DatabaseContents = .init()) {
        self.name = name
        self.createdAt = createdAt
        self.instance = instance
        state = NIOLockedValueBox(State(contents: contents))
    }

    /// The same life with the contents that it has now: what is written to either is not seen in the other.
    func copy() -> Database {
        Database(name: name, createdAt: createdAt, instance: instance, contents: read { $0 })
    }

    var isDeleted: Bool {
        state.withLockedValue { $0.isDeleted }
    }

    func read<Result>(_ body: (DatabaseContents) throws -> Result) rethrows -> Result {
        try state.withLockedValue { try body($0.contents) }
    }

    /// Changes the contents and wakes the open feeds if the order of changes moved.
    ///
    /// - Returns: the result, and whether the order moved.
    /// - Throws: what `body` throws, and `not_found` where this life has ended.
    func write<Result>(
        _ body: (inout DatabaseContents) throws(CouchError) -> Result
    ) throws(CouchError) -> (result: Result, moved: Bool) {
        let (outcome, waiters) = state.withLockedValue { state in
            let before = state.contents.updateNumber
            let isDeleted = state.isDeleted
            let outcome = Swift.Result { () throws(CouchError) in
                if isDeleted { throw .missingDatabase }
                return try body(&state.contents)
            }
            let moved = state.contents.updateNumber != before
            return (outcome.map { ($0, moved) }, moved ? Array(state.waiters.values) : [])
        }
        for waiter in waiters { waiter.wake() }
        return try outcome.get()
    }

    /// Ends this life: the contents go, and the feeds find out.
    func delete() {
        let waiters = state.withLockedValue { state in
            state.isDeleted = true
            state.contents = DatabaseContents()
            return state.waiters.values
        }
        for waiter in waiters { waiter.wake() }
    }

    func attach(_ waiter: Waiter) {
        state.withLockedValue { $0.waiters[ObjectIdentifier(waiter)] = waiter }
    }

    func detach(_ waiter: Waiter) {
        state.withLockedValue { $0.waiters[ObjectIdentifier(waiter)] = nil }
    }
}
