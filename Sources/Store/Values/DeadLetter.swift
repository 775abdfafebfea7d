/// A line that was given up.
public struct DeadLetter: Sendable, Equatable {
    /// Given by the store, from 1 on, and never used again; 0 as long as it is not saved.
    public var id: Int64
    /// The notifier that could not be told.
    public var notifier: String
    /// The database that the line is about.
    public var database: String
    /// The line, without its line feed.
    public var line: [UInt8]
    /// Why it was given up: what the notifier said, or what Herald saw.
    public var reason: String
    /// How often it was delivered in all.
    public var deliveries: Int
    /// When it was delivered first, in milliseconds since 1970.
    public var firstDelivered: Int64
    /// When it was given up, in milliseconds since 1970.
    public var died: Int64
    /// Whether somebody asked that it be delivered again.
    public var isToBeRetried: Bool

    /// A dead letter, a new one by default.
    public init(
        id: Int64 = 0,
        notifier: String,
        database: String,
        line: [UInt8],
        reason: String,
        deliveries: Int,
        firstDelivered: Int64,
        died: Int64,
        isToBeRetried: Bool = false
    ) {
        self.id = id
        self.notifier = notifier
        self.database = database
        self.line = line
        self.reason = reason
        self.deliveries = deliveries
        self.firstDelivered = firstDelivered
        self.died = died
        self.isToBeRetried = isToBeRetried
    }
}

/// Which dead letters a person means.
public enum DeadLetterSelection: Sendable, Equatable {
    /// All that there are.
    case all
    /// All of the notifier of this name.
    case of(notifier: String)
    /// Those with these ids.
    case ids([Int64])
}

/// What became of an order about dead letters.
public enum DeadLetterResult: Sendable, Equatable {
    /// So many were selected, and it was done to them.
    case done(count: Int)
    /// Nothing was done, since there are none with these ids.
    case unknown([Int64])
}
