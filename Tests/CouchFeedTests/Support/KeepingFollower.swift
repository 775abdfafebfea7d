@testable import CouchFeed

/// Keeps the ids of the rows that it is given.
final class KeepingFollower: Follower {
    nonisolated let name = "a"
    nonisolated let ledger = Ledger(alarm: Alarm(delay: .seconds(3600)))
    nonisolated let needs = FollowerNeeds(rows: true)
    nonisolated let startsNow = true
    nonisolated let scope = "*"
    private(set) var told: [String] = []
    var hasRoom: Bool { true }

    func wants(database name: String) -> Bool { true }

    func wants(database name: String, inScope scope: String) -> Bool { true }

    func receive(_ event: LifeEvent, of database: FollowedDatabase, mark: Mark) {}

    func receive(_ batch: ChangeBatch, of database: FollowedDatabase, in instance: Instance, mark: Mark?) {
        told += batch.rows?.told.map(\.id) ?? []
    }

    func reached(_ mark: Mark) {}
}
