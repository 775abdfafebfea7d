/// One life of a database, from its creation to its deletion.
public struct Instance: Sendable, Hashable {
    /// The server's `instance_start_time`, where that tells lives apart.
    public var startTime: String?
    /// Counts the lives that were told apart in another way.
    public var generation: Int

    public init(startTime: String?, generation: Int = 0) {
        self.startTime = startTime
        self.generation = generation
    }

    /// What notifiers are shown of it: equal for one life, another for the next.
    public var text: String { startTime ?? String(generation) }

    /// Whether both are the same life, as far as can be told. Where only one has a name the server has learnt to tell
    /// lives apart since (or has forgotten it), which is no other life.
    func isSameLife(as other: Instance) -> Bool {
        switch (startTime, other.startTime) {
        case (.some(let mine), .some(let others)): mine == others
        case (nil, nil): generation == other.generation
        default: true
        }
    }
}

/// For one follower and database: what it was last told, and up to where it was served.
public struct Cursor: Sendable, Equatable {
    /// `nil`: that there is no such database.
    public var instance: Instance?
    public var seq: Seq

    public init(instance: Instance?, seq: Seq) {
        self.instance = instance
        self.seq = seq
    }

    /// As if never told of it.
    static let untold = Cursor(instance: nil, seq: .zero)
}

/// What a follower is told of a database's life.
public enum LifeEvent: Sendable, Equatable {
    /// This life has begun.
    case created(Instance)
    /// This life has ended.
    case deleted(Instance)
}

extension LifeEvent {
    /// What there is to tell to one who was last told of `told`, now that `present` is: promise 4, whole.
    static func between(told: Instance?, present: Instance?) -> [LifeEvent] {
        switch (told, present) {
        case (nil, nil): []
        case (nil, .some(let present)): [.created(present)]
        case (.some(let told), nil): [.deleted(told)]
        case (.some(let told), .some(let present)):
            told.isSameLife(as: present) ? [] : [.deleted(told), .created(present)]
        }
    }
}
