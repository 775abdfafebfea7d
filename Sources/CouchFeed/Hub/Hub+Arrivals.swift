import Curl

// Followers begin in databases that have been found: beginnings are saved before anybody is told or given anything.

/// Followers that are about to begin in a database, once that is saved.
@CurlLoop
struct Entrance {
    let database: FollowedDatabase
    let seats: [Seat]
    /// The life that was found, and where the database stood then.
    let instance: Instance
    let updateSeq: Seq
    let arrival: Arrival
    let noted: NotedBeginnings
    /// Whether the shared feed begins with them. Others join it.
    let opensFeed: Bool
}

extension Hub {
    /// The database has been found, and all who follow it begin.
    func found(_ database: FollowedDatabase, _ instance: Instance, _ updateSeq: Seq) {
        arrive(database.seats, in: database, instance, updateSeq, opensFeed: true)
    }

    /// Followers that came when the database was followed already begin where they are to, and then join its feed. To be
    /// called with where the database stands by now, whenever that is known.
    func admitNewcomers(of database: FollowedDatabase, at updateSeq: Seq) {
        // Whether it is another life is being asked yet; before it is known where its feed begins, nobody can join.
        guard let instance = database.machine.instance, database.machine.position != nil, !database.machine.isDoubted
        else { return }
        let newcomers = database.newcomers
        if !newcomers.isEmpty { arrive(newcomers, in: database, instance, updateSeq, opensFeed: false) }
    }

    private func arrive(
        _ seats: [Seat],
        in database: FollowedDatabase,
        _ instance: Instance,
        _ updateSeq: Seq,
        opensFeed: Bool
    ) {
        let arrival = database.arrival(of: seats, in: instance, updateSeq: updateSeq, joinsFeed: !opensFeed)
        let noted = database.noteBeginnings(of: seats, arrival)
        let entrance = Entrance(
            database: database,
            seats: seats,
            instance: instance,
            updateSeq: updateSeq,
            arrival: arrival,
            noted: noted,
            opensFeed: opensFeed
        )
        guard noted != .none else { return begin(entrance) }
        for seat in seats { seat.isArriving = true }
        waitingForSave.append(entrance)
        CurlLoop.atEndOfTurn { [weak self] in self?.saveAndBegin() }
    }

    private func saveAndBegin() {
        guard isRunning, !isSaving, !waitingForSave.isEmpty else { return }
        isSaving = true
        saveTimer?.cancel()
        let some = waitingForSave
        waitingForSave = []
        Task { @CurlLoop [weak self, keeper] in
            let isSaved = await keeper.trySave()
            guard let self, isRunning else { return }
            isSaving = false
            let haveMoreCome = !waitingForSave.isEmpty
            let left = isSaved ? [] : some.filter { $0.noted == .now }
            waitingForSave += left
            for entrance in some where isSaved || entrance.noted != .now { begin(entrance) }
            if haveMoreCome {
                saveAndBegin()
            } else if !left.isEmpty {
                // Not in a hot loop.
                saveTimer = CurlLoop.schedule(after: .seconds(1)) { [weak self] in self?.saveAndBegin() }
            }
        }
    }

    /// They begin, unless the database has become another meanwhile, or they have left.
    func begin(_ entrance: Entrance) {
        let (database, arrival) = (entrance.database, entrance.arrival)
        for seat in entrance.seats { seat.isArriving = false }
        guard databases[database.name] === database else { return }
        if entrance.opensFeed {
            openFeed(entrance)
        } else if let instance = database.machine.instance, instance.isSameLife(as: arrival.instance),
            let position = database.machine.position
        {
            settle(entrance, at: position)
        }
        // Those who came may have room where the others have none.
        resumeIfRoom(database)
        // Some came meanwhile, or what is there is another life by now.
        if database.machine.isPresent, !database.newcomers.isEmpty { act(database.machine.look(), on: database) }
    }

    private func openFeed(_ entrance: Entrance) {
        let (database, arrival) = (entrance.database, entrance.arrival)
        // While it was saved the database may have ended, and begun anew.
        guard let present = database.machine.instance, present.isSameLife(as: entrance.instance),
            present.generation == entrance.instance.generation,
            database.machine.awaitsBeginning(of: arrival.instance)
        else { return }
        settle(entrance, at: arrival.position)
        database.places.note(arrival.position, at: .now)
        let begun = database.machine.begins(
            at: arrival.position,
            as: arrival.instance,
            isAtEnd: arrival.position == entrance.updateSeq
        )
        act(begun, on: database)
        queueDetached(of: database)
    }

    private func settle(_ entrance: Entrance, at position: Seq) {
        let database = entrance.database
        for (seat, start) in zip(entrance.seats, entrance.arrival.starts) {
            // Some have left meanwhile; newcomers may have learnt that this life is over.
            guard database.seats.contains(where: { $0 === seat }), entrance.opensFeed || seat.isWaiting else {
                continue
            }
            database.settle(seat, start, in: entrance.arrival.instance, at: position)
        }
    }
}
