public import Curl

/// A database, its one feed, and those who follow it.
@CurlLoop
public final class FollowedDatabase {
    public nonisolated let name: String
    /// Tells the databases of one hub apart. One that comes back after it was forgotten has another.
    public nonisolated let number: Int
    let tally: FeedTally
    var seats: [Seat]
    var machine: DatabaseMachine
    var feed: Feed?
    var isListed = false
    /// How many copies the server keeps; the rows of one may not be in another yet.
    var copies = 1
    var places = PlaceHistory()
    private var gate = FlowGate()
    var catchUps: [CatchUp] = []
    var catchUpBackoff = Backoff()
    /// Whether catching up has failed, and is tried again after a while.
    var isCatchUpResting = false
    /// How often the server has refused the place of one who is to catch up.
    var refusedPlaces = 0
    private let detached: @CurlLoop (FollowedDatabase, _ seat: Int) -> Void

    /// - Parameters:
    ///   - generation: At least this is the number of its life, where the server does not tell lives apart.
    ///   - detached: Called for each follower that is detached, and is to catch up.
    init(
        name: String,
        number: Int,
        generation: Int = 0,
        tally: FeedTally,
        seats: [Seat],
        detached: @escaping @CurlLoop (FollowedDatabase, _ seat: Int) -> Void
    ) {
        self.name = name
        self.number = number
        self.tally = tally
        self.seats = seats
        self.detached = detached
        let told = seats.compactMap(\.told)
        machine = DatabaseMachine(isTold: !told.isEmpty, generation: told.map(\.generation).reduce(generation, max))
    }

    var needsDocuments: Bool { seats.contains { $0.follower.needs.documents } }

    /// Whether the shared feed's rows are needed one by one.
    var needsRows: Bool {
        seats.contains { $0.passed != nil || $0.follower.needs.rows } || catchUps.contains { $0.isJoining }
    }

    /// Whether nobody has anything left to be told of it.
    var isSettled: Bool {
        !seats.contains { $0.isDetached && $0.told != nil }
    }

    // MARK: Lives

    /// It has been found: where everyone begins.
    func arrival(of present: Instance, updateSeq: Seq) -> Arrival {
        let beginnings = seats.map { seat -> Arrival.Beginning in
            if case .waiting(let beginning) = seat.state { beginning } else { .resume(seat.cursor) }
        }
        return Arrival(beginnings, present: present, updateSeq: updateSeq)
    }

    /// Notes beginnings that nobody could find again if Herald died now: where "now" is, and who is about to be told of
    /// a life for the first time.
    func noteBeginnings(_ arrival: Arrival) -> NotedBeginnings {
        var noted = NotedBeginnings.none
        for (seat, start) in zip(seats, arrival.starts) {
            switch seat.state {
            case .waiting(.now):
                seat.follower.ledger.delivered(CollectionOfOne(Mark(database: name, cursor: start.cursor)))
                noted = .now
            case .waiting(.noted(let cursor)):
                seat.follower.ledger.delivered(CollectionOfOne(Mark(database: name, cursor: cursor)))
                noted = .now
            case _ where seat.told == nil && !start.events.isEmpty:
                seat.follower.ledger.announced(arrival.instance, in: name)
                noted = max(noted, .announced)
            case _: break
            }
        }
        return noted
    }

    /// Everyone begins.
    func settle(_ arrival: Arrival) {
        for (index, start) in arrival.starts.enumerated() {
            guard start.events.isEmpty || seats[index].follower.hasRoom else {
                detach(index)
                continue
            }
            if start.events.isEmpty {
                seats[index].cursor = start.cursor
            } else {
                seats[index].tell(arrival.instance, of: self)
            }
            seats[index].state = .attached
            if !start.isAtPosition { detach(index) }
        }
    }

    /// There was none at the first look: whatever comes under this name comes while Herald looks.
    func isAbsent() {
        for index in seats.indices {
            guard case .waiting(.now) = seats[index].state else { continue }
            seats[index].state = .waiting(.zero)
            forgetBeginning(of: seats[index])
        }
    }

    private func forgetBeginning(of seat: Seat) {
        seat.follower.ledger.delivered(CollectionOfOne(Mark(database: name, cursor: .untold)))
    }

    /// This life has a name now.
    func adopt(_ instance: Instance) {
        for index in seats.indices where seats[index].cursor.instance?.isSameLife(as: instance) ?? false {
            seats[index].cursor.instance = instance
        }
    }

    /// Another life has begun, or there is none any more. Who has no room is told later.
    func tell(_ present: Instance?) {
        for index in seats.indices {
            seats[index].passed = nil
            if present == nil, case .waiting = seats[index].state {
                // Who was told of a life before Herald was last stopped is told that it is over; to others nothing is.
                seats[index].state = .attached
                if seats[index].told == nil { forgetBeginning(of: seats[index]) }
            }
            guard seats[index].isAttached, seats[index].follower.hasRoom else {
                detach(index)
                continue
            }
            seats[index].tell(present, of: self)
        }
    }

    /// It is given nothing any more, and is to catch up once it has room.
    func detach(_ seat: Int) {
        seats[seat].state = .detached
        detached(self, seat)
    }

    /// What was remembered of those who rejoined is forgotten in time, also where nothing comes any more.
    func forgetPassed(at now: ContinuousClock.Instant) {
        for index in seats.indices where seats[index].passed?.isOver(at: now) ?? false { seats[index].passed = nil }
    }

    /// The feed goes on without those who hold it up.
    func detachAll() {
        for index in seats.indices where seats[index].isAttached { detach(index) }
    }

    // MARK: Changes

    /// Whether its feed may flow. Those who would hold up others are detached.
    ///
    /// - Parameter lastDetached: When each of the hub's followers was found to be too slow.
    func mayFlow(at now: ContinuousClock.Instant, lastDetached: [ContinuousClock.Instant?]) -> FlowGate.Decision {
        var isAnyoneFull = false
        for seat in seats where seat.isAttached && !seat.follower.hasRoom { isAnyoneFull = true }
        // Nearly always: this is asked once a turn.
        guard isAnyoneFull || gate.isWaiting else { return .flow }
        let attached = seats.filter(\.isAttached)
        let decision = gate.decide(
            attached.map { FlowGate.Attached(hasRoom: $0.follower.hasRoom, lastDetached: lastDetached[$0.index]) },
            at: now
        )
        if decision == .detachFull { detachFull() }
        return decision
    }

    private func detachFull() {
        for index in seats.indices where seats[index].isAttached && !seats[index].follower.hasRoom { detach(index) }
    }

    /// Gives it to all who are attached.
    func give(_ batch: ChangeBatch, at now: ContinuousClock.Instant) {
        if copies > 1, let seq = batch.seq { places.note(seq, at: now) }
        for index in seats.indices where seats[index].isAttached { seats[index].give(batch, of: self, at: now) }
        for catchUp in catchUps where catchUp.isJoining { catchUp.hold(batch) }
    }
}

/// What of a database's beginnings is to be saved before anybody is told or given anything, by how much depends on it.
enum NotedBeginnings: Comparable {
    case none
    /// Unsaved, a life that was told might be left without its end: it goes on if it cannot be saved.
    case announced
    /// Unsaved, "now" would be a later one, with a loss between the two: nothing goes on before it is saved.
    case now
}
