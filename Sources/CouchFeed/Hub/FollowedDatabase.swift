public import Curl

/// A database, its one feed, and those who follow it.
@CurlLoop
public final class FollowedDatabase {
    public nonisolated let name: String
    /// Tells the databases of one hub apart. One that comes back after it was forgotten has another.
    public nonisolated let number: Int
    let tally: FeedTally
    private(set) var seats: [Seat]
    var machine: DatabaseMachine
    var feed: Feed?
    /// Whether its feed was asked for with documents.
    var feedHasDocuments = false
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
    private let detached: @CurlLoop (FollowedDatabase, _ seat: Seat) -> Void

    /// - Parameters:
    ///   - generation: At least this is the number of its life, where the server does not tell lives apart.
    ///   - detached: Called for each follower that is detached, and is to catch up.
    init(
        name: String,
        number: Int,
        generation: Int = 0,
        tally: FeedTally,
        seats: [Seat],
        detached: @escaping @CurlLoop (FollowedDatabase, _ seat: Seat) -> Void
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

    /// It has been found: where these begin.
    ///
    /// - Parameter joinsFeed: Whether others follow it already.
    func arrival(of seats: [Seat], in present: Instance, updateSeq: Seq, joinsFeed: Bool = false) -> Arrival {
        let beginnings = seats.map { seat -> Arrival.Beginning in
            guard case .waiting(let beginning) = seat.state else { return .resume(seat.cursor) }
            guard joinsFeed else { return beginning }
            let joining = Arrival.joining(beginning, present: present, updateSeq: updateSeq, feedAt: machine.position)
            if joining != beginning { seat.wait(for: joining) }
            return joining
        }
        return Arrival(beginnings, present: present, updateSeq: updateSeq, joinsFeed: joinsFeed)
    }

    /// Notes beginnings that nobody could find again if Herald died now: where "now" is, and who is about to be told of
    /// a life for the first time.
    func noteBeginnings(of seats: [Seat], _ arrival: Arrival) -> NotedBeginnings {
        var noted = NotedBeginnings.none
        for (seat, start) in zip(seats, arrival.starts) {
            switch seat.state {
            case .waiting(.now):
                seat.follower.ledger.delivered(CollectionOfOne(Mark(database: name, cursor: start.cursor)))
                // It does not move, whatever comes before it is saved.
                seat.state = .waiting(.noted(start.cursor))
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

    /// It begins as its arrival says. The shared feed is at `position`.
    func settle(_ seat: Seat, _ start: Arrival.Start, in instance: Instance, at position: Seq) {
        guard start.events.isEmpty || seat.follower.hasRoom else { return detach(seat) }
        if start.events.isEmpty {
            seat.cursor = start.cursor
        } else {
            seat.tell(instance, of: self)
        }
        seat.state = .attached
        // Positions cannot be compared: who is elsewhere catches up.
        if start.cursor.seq != position { detach(seat) }
    }

    /// There was none at the first look: whatever comes under this name comes while Herald looks.
    func isAbsent() {
        for seat in seats {
            guard case .waiting(.now) = seat.state else { continue }
            seat.state = .waiting(.zero)
            forgetBeginning(of: seat)
        }
    }

    private func forgetBeginning(of seat: Seat) {
        seat.follower.ledger.delivered(CollectionOfOne(Mark(database: name, cursor: .untold)))
    }

    /// This life has a name now.
    func adopt(_ instance: Instance) {
        for seat in seats where seat.cursor.instance?.isSameLife(as: instance) ?? false {
            seat.cursor.instance = instance
        }
    }

    /// Another life has begun, or there is none any more. Who has no room is told later.
    func tell(_ present: Instance?) {
        for seat in seats {
            seat.passed = nil
            if present == nil, seat.isWaiting {
                // Who was told of a life before Herald was last stopped is told that it is over; to others nothing is.
                seat.state = .attached
                if seat.told == nil { forgetBeginning(of: seat) }
            }
            guard seat.isAttached, seat.follower.hasRoom else {
                detach(seat)
                continue
            }
            seat.tell(present, of: self)
        }
    }

    /// It is given nothing any more, and is to catch up once it has room.
    func detach(_ seat: Seat) {
        seat.state = .detached
        detached(self, seat)
    }

    // MARK: Who follows it

    /// Whoever takes the seat is given nothing before it has arrived.
    func add(_ seat: Seat) {
        seats.append(seat)
        if let told = seat.told { machine.isTold(of: told) }
    }

    /// Whoever had the seat is given nothing any more.
    func remove(_ seat: Seat) {
        seats.removeAll { $0 === seat }
        for catchUp in catchUps { catchUp.leave(seat) }
        // So that neither its arrival nor its turn to catch up finds it.
        seat.state = .attached
    }

    /// Those who came when it was there already, and are not on their way to the shared feed yet.
    var newcomers: [Seat] { seats.filter { $0.isWaiting && !$0.isArriving } }

    /// What was remembered of those who rejoined is forgotten in time, also where nothing comes any more.
    func forgetPassed(at now: ContinuousClock.Instant) {
        for seat in seats where seat.passed?.isOver(at: now) ?? false { seat.passed = nil }
    }

    /// The feed goes on without those who hold it up.
    func detachAll() {
        for seat in seats where seat.isAttached { detach(seat) }
    }

    // MARK: Changes

    /// Whether its feed may flow. Those who would hold up others are detached.
    func mayFlow(at now: ContinuousClock.Instant) -> FlowGate.Decision {
        var isAnyoneFull = false
        for seat in seats where seat.isAttached && !seat.follower.hasRoom { isAnyoneFull = true }
        // Nearly always: this is asked once a turn.
        guard isAnyoneFull || gate.isWaiting else { return .flow }
        let attached = seats.filter(\.isAttached)
        let decision = gate.decide(
            attached.map { FlowGate.Attached(hasRoom: $0.follower.hasRoom, lastDetached: $0.record.lastDetached) },
            at: now
        )
        if decision == .detachFull { detachFull() }
        return decision
    }

    private func detachFull() {
        for seat in seats where seat.isAttached && !seat.follower.hasRoom { detach(seat) }
    }

    /// Gives it to all who are attached.
    func give(_ batch: ChangeBatch, at now: ContinuousClock.Instant) {
        if copies > 1, let seq = batch.seq { places.note(seq, at: now) }
        for seat in seats where seat.isAttached { seat.give(batch, of: self, at: now) }
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
