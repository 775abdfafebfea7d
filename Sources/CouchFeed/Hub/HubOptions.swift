/// What is followed, and how.
public struct HubOptions: Sendable {
    /// Whether a database of this name is to be followed.
    public var selects: @Sendable (String) -> Bool
    /// The databases that are named one by one, which are looked for even where the server gives no list.
    public var names: [String]
    /// Whether there are others than those.
    public var hasGlobs: Bool
    /// How often the server is to be heard of on a quiet feed.
    public var heartbeat: Duration
    /// How often the list of databases is asked for where no bell rings.
    public var rescan: Duration

    public init(
        selects: @escaping @Sendable (String) -> Bool,
        names: [String] = [],
        hasGlobs: Bool = true,
        heartbeat: Duration = .seconds(10),
        rescan: Duration = .seconds(5)
    ) {
        self.selects = selects
        self.names = names
        self.hasGlobs = hasGlobs
        self.heartbeat = heartbeat
        self.rescan = rescan
    }

    /// A connection on which nothing came for so long is dead.
    var silenceLimit: Duration { heartbeat * 2.5 }

    /// How often the list is asked for although a bell rings: it has been seen to lose events.
    var rescanUnderBell: Duration { max(rescan * 12, .seconds(60)) }
}
