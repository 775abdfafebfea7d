public import Curl

/// A database, its one feed, and those who follow it.
@CurlLoop
public final class FollowedDatabase {
    public nonisolated let name: String
    /// Tells the databases of one hub apart. One that comes back after it was forgotten has another.
    public nonisolated let number: Int
    let followers: [any Follower]
    /// In the order of the followers.
    private(set) var cursors: [Cursor]
    var machine: DatabaseMachine
    var feed: Feed?
    var isListed = false

    init(name: String, number: Int, followers: [any Follower], beginning: DatabaseMachine.Beginning) {
        self.name = name
        self.number = number
        self.followers = followers
        machine = DatabaseMachine(beginning: beginning)
        cursors = Array(repeating: Cursor(instance: nil, seq: .zero), count: followers.count)
    }

    var hasRoom: Bool {
        for follower in followers where !follower.hasRoom { return false }
        return true
    }

    /// Everyone is as if told of `instance`.
    func adopt(_ instance: Instance, at seq: Seq?) {
        for index in cursors.indices {
            cursors[index].instance = instance
            if let seq { cursors[index].seq = seq }
        }
    }

    /// Tells each follower what it does not know yet.
    func tell(_ instance: Instance?) {
        for (index, follower) in followers.enumerated() {
            let events = LifeEvent.between(told: cursors[index].instance, present: instance)
            guard !events.isEmpty else { continue }
            for event in events { follower.receive(event, of: self) }
            cursors[index] = Cursor(instance: instance, seq: .zero)
        }
    }

    func give(_ batch: ChangeBatch) {
        for (index, follower) in followers.enumerated() {
            follower.receive(batch, of: self)
            if let seq = batch.seq { cursors[index].seq = seq }
        }
    }
}
