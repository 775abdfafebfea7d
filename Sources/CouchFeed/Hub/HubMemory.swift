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
    /// `delivered` is what the keeper knows. Of its own followers the hub knows more: what they were given besides, and
    /// what the hubs before it had given them that it has not come to yet.
    fileprivate func handOver(_ delivered: Memory) -> Memory {
        var memory = delivered
        memory.replace(Set(followers.map(\.name)), by: self.memory)
        for database in databases.values {
            memory.set(generation: database.machine.nextGeneration, of: database.name)
            for seat in database.seats {
                let name = seat.record.name
                memory.set(seat.standing, of: name, in: database.name)
                if let rows = seat.passed { memory.set(rows, passedBy: name, in: database.name) }
            }
        }
        if let uuid = server.info?.uuid { memory.suggest(serverID: uuid) }
        return memory
    }
}
