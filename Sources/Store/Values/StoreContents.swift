/// All that the store holds but its dead letters, which may be many.
public struct StoreContents: Sendable, Equatable {
    /// The server that the cursors belong to; nil until one was saved.
    public var server: StoredServer?
    /// The followers, by their id.
    public var followers: [StoredFollower]
    /// The positions, by database; those of one database in the order in which they were saved.
    public var positions: [StoredPosition]

    /// What a store holds.
    public init(
        server: StoredServer? = nil,
        followers: [StoredFollower] = [],
        positions: [StoredPosition] = []
    ) {
        self.server = server
        self.followers = followers
        self.positions = positions
    }
}

/// The server that the cursors belong to.
public struct StoredServer: Sendable, Equatable {
    /// What `GET /` shows as its `uuid`.
    public var uuid: String
    /// What kind of server it was, in whatever words its reader uses.
    public var kind: String

    /// A server.
    public init(uuid: String, kind: String = "") {
        self.uuid = uuid
        self.kind = kind
    }
}

/// A follower that has, or had, cursors.
public struct StoredFollower: Sendable, Equatable {
    /// Given by whoever makes it; unique in the store.
    public var id: Int64
    /// The name in the configuration.
    public var name: String
    /// Text that the store keeps and does not read.
    public var scope: String
    /// For how long it has been out of the configuration while Herald ran; kept in whole milliseconds.
    public var absence: Duration

    /// A follower; `id` is the caller's to choose.
    public init(id: Int64, name: String, scope: String = "", absence: Duration = .zero) {
        self.id = id
        self.name = name
        self.scope = scope
        self.absence = absence
    }
}

/// A place in a database's feed, and all followers whose cursor stands there: equal seqs are stored once.
public struct StoredPosition: Sendable, Equatable {
    /// The database's name.
    public var database: String
    /// The server's `instance_start_time`; nil where the server does not tell lives apart.
    public var startTime: String?
    /// Counts the lives that were told apart in another way.
    public var generation: Int
    /// The JSON text of the seq, as the server gave it; nil for "now", not resolved yet.
    public var seq: [UInt8]?
    /// The ids of the followers whose cursor this is.
    public var followers: [Int64]

    /// A position; one without followers is not kept.
    public init(database: String, startTime: String?, generation: Int = 0, seq: [UInt8]?, followers: [Int64]) {
        self.database = database
        self.startTime = startTime
        self.generation = generation
        self.seq = seq
        self.followers = followers
    }
}
