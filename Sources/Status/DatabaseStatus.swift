/// How it is with the feed of one database.
public struct DatabaseStatus: Codable, Sendable, Equatable {
    public enum Feed: String, Codable, Sendable {
        /// It is not known yet whether the database is there.
        case looking
        case opening
        /// Rows are read as they come.
        case open
        /// It is held up until a follower has room, or until it is known whose rows they are.
        case paused
        /// It broke, or could not be opened, and is opened again after a pause.
        case waiting
        /// There is no such database at present.
        case absent
    }

    public var feed: Feed
    /// When the last row came, in RFC 3339; `nil` if none has since the start.
    public var lastRow: String?
    /// How many times the feed was opened again.
    public var reconnects: UInt64
    /// How many changes it has given since the start; repeated ones count again.
    public var changes: UInt64
    public var lastError: Mishap?

    public init(
        feed: Feed,
        lastRow: String? = nil,
        reconnects: UInt64 = 0,
        changes: UInt64 = 0,
        lastError: Mishap? = nil
    ) {
        self.feed = feed
        self.lastRow = lastRow
        self.reconnects = reconnects
        self.changes = changes
        self.lastError = lastError
    }
}
