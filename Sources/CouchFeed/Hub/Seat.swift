import Curl

/// One follower's place at one database.
@CurlLoop
final class Seat {
    enum State {
        /// The database has not been found yet.
        case waiting(Arrival.Beginning)
        /// It is given what the shared feed gives.
        case attached
        /// It is given nothing, for want of room or because it stands elsewhere; it is to catch up.
        case detached
        /// It is served by a reader of its own.
        case catchingUp

        var isAway: Bool {
            switch self {
            case .waiting, .attached: false
            case .detached, .catchingUp: true
            }
        }
    }

    let record: FollowerRecord
    /// Whether it waits for its turn to catch up.
    var isQueued = false
    /// Whether it is known where it begins, and that is being saved.
    var isArriving = false
    var state: State {
        didSet { record.awayCount += (isAway ? 1 : 0) - (oldValue.isAway ? 1 : 0) }
    }
    /// What it was last told, and up to where it was given changes. What of that has been delivered is in its ledger.
    var cursor: Cursor
    /// Rows that it has been given already and that the shared feed may give again.
    var passed: PassedRows?
    /// The life that it was about to be told of when Herald ended, until it is told of it, once more if it was.
    private(set) var announced: Instance?

    init(_ record: FollowerRecord, beginning: Arrival.Beginning) {
        self.record = record
        state = .waiting(beginning)
        cursor = beginning.cursor
        if case .announced(let instance) = beginning { announced = instance }
    }

    /// It has turned out that it is to begin otherwise.
    func wait(for beginning: Arrival.Beginning) {
        state = .waiting(beginning)
        cursor = beginning.cursor
    }

    /// Where it would begin if it were given no more from here on, and came back.
    var standing: Arrival.Beginning {
        if case .waiting(let beginning) = state {
            beginning
        } else {
            announced.map { .announced($0) } ?? .resume(cursor)
        }
    }

    /// The life that it was told of, or may have been.
    var told: Instance? { cursor.instance ?? announced }

    var follower: any Follower { record.follower }
    var isWaiting: Bool { if case .waiting = state { true } else { false } }
    var isAttached: Bool { if case .attached = state { true } else { false } }
    var isDetached: Bool { if case .detached = state { true } else { false } }
    private var isAway: Bool { state.isAway }

    /// Tells it what it does not know yet of the life that is present.
    func tell(_ present: Instance?, of database: FollowedDatabase) {
        // What it is told next of a life that was announced, and be it the end, is to follow from something.
        if let announced = announced.take() { tell(announced, of: database) }
        for event in LifeEvent.between(told: cursor.instance, present: present) {
            passed = nil
            switch event {
            case .deleted: cursor = .untold
            case .created(let instance): cursor = Cursor(instance: instance, seq: .zero)
            }
            follower.receive(event, of: database, mark: Mark(database: database.name, cursor: cursor))
        }
        // A life that has got a name since.
        if let present { cursor.instance = present }
    }

    func give(_ batch: ChangeBatch, of database: FollowedDatabase, at now: ContinuousClock.Instant) {
        guard let instance = cursor.instance else { return }
        if let seq = batch.seq { cursor.seq = seq }
        let mark = batch.seq.map { Mark(database: database.name, cursor: Cursor(instance: instance, seq: $0)) }
        // Taken out and put back, so that it is changed in place.
        guard var passed = passed.take() else {
            return follower.receive(batch, of: database, in: instance, mark: mark)
        }
        let rest = batch.without(&passed.keys)
        self.passed = passed.isOver(at: now) ? nil : passed
        if !rest.isEmpty {
            follower.receive(rest, of: database, in: instance, mark: mark)
        } else if let mark {
            follower.reached(mark)
        }
    }
}

extension Arrival.Beginning {
    /// What the follower was last told, and up to where it was served.
    fileprivate var cursor: Cursor {
        switch self {
        case .now, .zero, .announced: .untold
        case .resume(let cursor), .noted(let cursor): cursor
        }
    }
}

/// Rows that a follower was given by its own reader shortly before it joined the shared feed, which may give them again.
struct PassedRows {
    var keys: PassedKeys
    private let end: ContinuousClock.Instant

    /// The shared feed is no further behind than this; and what it gives again later is only a repetition.
    private static let memory = Duration.seconds(10)
    /// More are not remembered, and may be given again.
    static let limit = 10_000

    init(_ keys: PassedKeys, now: ContinuousClock.Instant) {
        self.keys = keys
        end = now + Self.memory
    }

    func isOver(at now: ContinuousClock.Instant) -> Bool {
        keys.isEmpty || now >= end
    }
}
