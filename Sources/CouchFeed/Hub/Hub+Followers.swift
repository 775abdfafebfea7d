import Curl

// Followers come, go and make other choices while feeds are open.

extension Hub {
    /// From now on it follows for these, and for nobody else. Feeds go on for those who stay; those who come begin as at
    /// a hub's start and then join them. One of a name that is followed for takes the place of the other, and goes on from
    /// what that one was given.
    ///
    /// - Parameter delivered: What the keeper knows by now: ``HubMemory/of(_:)``.
    public func follow(for next: [any Follower], knowing delivered: HubMemory) {
        // What has been gathered is for those who had seats, as they were.
        for database in databases.values { database.feed?.flush() }
        let known = Dictionary(records.map { ($0.name, $0) }) { $1 }
        var changed: [FollowerRecord] = []
        var come: [FollowerRecord] = []
        records = next.map { follower in
            guard let record = known[follower.name] else {
                let record = FollowerRecord(follower)
                come.append(record)
                return record
            }
            if record.follower !== follower {
                record.follower = follower
                // What it wants now may be there already, and is looked for anew.
                record.firstLook = .isDue
                changed.append(record)
            }
            return record
        }
        let left = Set(known.keys).subtracting(next.map(\.name))
        guard !left.isEmpty || !changed.isEmpty || !come.isEmpty else { return }
        // It holds seats, which hold its record.
        for name in left { known[name]?.queue = CatchUpQueue() }
        memory.forget(left)
        memory.learn(of: Set(come.map(\.name)), from: delivered.memory)
        for record in changed { memory.recall(record.name) }
        let catchUps = catchUps
        for database in databases.values { seat(changed + come, at: database) }
        // They read what was needed before.
        for catchUp in catchUps where changed.contains(where: catchUp.serves) { catchUp.cancel() }
        // Those that nobody wanted are found by a list.
        list()
        roomAgain()
    }

    /// Those who have left lose their seats, those who have come or changed get what they want.
    private func seat(_ news: [FollowerRecord], at database: FollowedDatabase) {
        for seat in database.seats {
            let isFollowed = records.contains { $0 === seat.record }
            guard !isFollowed || !seat.follower.wants(database: database.name) else { continue }
            if isFollowed { memory.setAside(seat.standing, of: seat.record.name, in: database.name) }
            database.remove(seat)
        }
        let wanting = news.filter { record in
            record.follower.wants(database: database.name) && !database.seats.contains { $0.record === record }
        }
        let remembered = memory.take(database.name, for: wanting.map(\.name))
        for record in wanting {
            database.add(seat(of: record, in: database.name, remembered: remembered[record.name]))
        }
        guard !database.seats.isEmpty else { return unfollow(database) }
        adjustFeed(of: database)
        // It may be kept for one who has left, of whom nobody else knows.
        act(wanting.isEmpty ? [] : database.machine.look(), on: database)
    }

    /// The feed gives what those need who have seats now.
    private func adjustFeed(of database: FollowedDatabase) {
        guard let feed = database.feed else { return }
        if database.feedHasDocuments != database.needsDocuments {
            act(database.machine.reopen(), on: database)
        } else if feed.keepsRows != database.needsRows {
            feed.keepsRows = database.needsRows
        }
    }

    /// Nobody wants it any more.
    private func unfollow(_ database: FollowedDatabase) {
        cancelCatchUps(of: database)
        closeFeed(of: database)
        brokenFeeds.forget(database.name)
        forget(database)
    }
}
