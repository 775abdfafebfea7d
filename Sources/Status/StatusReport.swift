/// How things are with a running Herald, as `GET /_status` tells it: one value, to which each part gives its own.
///
/// Encoded with ``StatusCoding``, whose keys are in snake case. Times of day are texts in RFC 3339 (UTC, milliseconds);
/// durations are seconds. Nothing in it is secret: whoever fills it in masks credentials.
public struct StatusReport: Codable, Sendable, Equatable {
    /// The service itself.
    public var herald: HeraldStatus
    /// The server that is watched.
    public var server: ServerStatus
    /// The databases that are followed, by name.
    public var databases: [String: DatabaseStatus]
    /// The notifiers, by name.
    public var notifiers: [String: NotifierStatus]
    /// The daemons, by name.
    public var daemons: [String: DaemonStatus]
    /// What outlives the process.
    public var store: StoreStatus

    public init(
        herald: HeraldStatus,
        server: ServerStatus,
        databases: [String: DatabaseStatus] = [:],
        notifiers: [String: NotifierStatus] = [:],
        daemons: [String: DaemonStatus] = [:],
        store: StoreStatus
    ) {
        self.herald = herald
        self.server = server
        self.databases = databases
        self.notifiers = notifiers
        self.daemons = daemons
        self.store = store
    }
}

/// Something that went wrong, and when.
public struct Mishap: Codable, Sendable, Equatable {
    /// What went wrong, in words, on one line.
    public var text: String
    /// When, in RFC 3339.
    public var time: String

    public init(_ text: String, at time: String) {
        self.text = text
        self.time = time
    }
}
