@testable import CouchFeed

/// Keeps what it is told of lives.
final class HeardFollower: Follower {
    nonisolated let name: String
    nonisolated let ledger: Ledger
    nonisolated let needs: FollowerNeeds
    nonisolated let startsNow = true
    nonisolated let scope = "*"
    private let databases: Set<String>?
    private(set) var told: [LifeEvent] = []
    var hasRoom = true

    /// - Parameter databases: Those that it wants; all if `nil`.
    init(_ name: String, _ ledger: Ledger, databases: Set<String>?, needs: FollowerNeeds = FollowerNeeds()) {
        self.name = name
        self.ledger = ledger
        self.databases = databases
        self.needs = needs
    }

    func wants(database name: String) -> Bool { databases?.contains(name) ?? true }

    func wants(database name: String, inScope scope: String) -> Bool { wants(database: name) }

    func receive(_ event: LifeEvent, of database: FollowedDatabase, mark: Mark) { told.append(event) }

    func receive(_ batch: ChangeBatch, of database: FollowedDatabase, in instance: Instance, mark: Mark?) {}

    func reached(_ mark: Mark) {}
}
