import Curl

/// What a hub begins with: where its followers stand, and what was counted before it.
public struct HubMemory: Sendable {
    var memory: Memory
    var tallies: FeedTallies

    /// What `keeper` knows of the followers' cursors, where no hub was before.
    public static func of(_ keeper: CursorKeeper) async -> HubMemory {
        HubMemory(memory: await keeper.recollect(), tallies: FeedTallies())
    }

    /// What is known once `hub`, which is stopped, has given its followers what it has: they go on from there, and not
    /// from what has been delivered of it, so that nothing is given twice.
    @CurlLoop
    public static func of(_ keeper: CursorKeeper, after hub: Hub) async -> HubMemory {
        HubMemory(memory: hub.handOver(await keeper.recollect()), tallies: hub.tallies)
    }
}

extension Hub {
    /// `memory` is what has been delivered; what has been given besides is known here.
    fileprivate func handOver(_ memory: Memory) -> Memory {
        var memory = memory
        for database in databases.values {
            for seat in database.seats {
                let name = seat.follower.name
                switch seat.state {
                // The keeper may know more of those who wait: where a beginning was noted.
                case .waiting(let beginning): memory.suggest(beginning, of: name, in: database.name)
                case .attached, .detached, .catchingUp: memory.set(seat.cursor, of: name, in: database.name)
                }
            }
        }
        // What was looked at and forgotten is gone, and was told to be, though that may not have been delivered yet.
        let present = Dictionary(followers.map { ($0.name, $0) }) { $1 }
        memory.forget { database, follower in
            databases[database] == nil && !self.memory.knows(database)
                && present[follower]?.wants(database: database) ?? false
        }
        return memory
    }
}
