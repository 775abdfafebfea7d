/// One life of a database, from its creation to its deletion.
public struct Instance: Sendable, Hashable {
    /// The server's `instance_start_time`, where that tells lives apart.
    public var startTime: String?
    /// Counts the lives that were told apart in another way since Herald looks.
    public var generation: Int

    public init(startTime: String?, generation: Int = 0) {
        self.startTime = startTime
        self.generation = generation
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
}

/// What a follower is told of a database's life.
public enum LifeEvent: Sendable, Equatable {
    case created
    case deleted
}

extension LifeEvent {
    /// What there is to tell to one who was last told of `told`, now that `present` is: promise 4, whole.
    static func between(told: Instance?, present: Instance?) -> [LifeEvent] {
        switch (told, present) {
        case (nil, nil): []
        case (nil, .some): [.created]
        case (.some, nil): [.deleted]
        case (.some(let told), .some(let present)): told == present ? [] : [.deleted, .created]
        }
    }
}
