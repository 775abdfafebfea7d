import NIOCore

/// The parameters of `_changes` and `_db_updates`, checked as CouchDB checks them [042-049, 114].
struct FeedOptions: Sendable, Equatable {
    enum Form: Sendable, Equatable {
        case normal, longpoll, continuous
    }

    /// CouchDB's limit where none is given. `seq_interval` counts down from it.
    static let unlimited = 1_000_000_000_000_000
    private static let minute = 60_000
    /// Longer heartbeats than a day are a day, so that no sum of times overflows.
    private static let day = 86_400_000

    var form = Form.normal
    var since: String?
    var limit = unlimited
    var isDescending = false
    /// Milliseconds of silence after which something is done.
    var silence = minute
    /// Whether that is a heartbeat; else the feed ends.
    var hasHeartbeat = false
    var includesDocuments = false
    var includesConflicts = false
    var listsAllLeaves = false
    var seqInterval: Int?

    /// The parameters of `_changes`.
    init(changes target: RequestTarget) throws(CouchError) {
        try self.init(target, forms: "normal, continuous, live, longpoll, eventsource")
        includesDocuments = target.isTrue("include_docs")
        includesConflicts = target.isTrue("conflicts")
        listsAllLeaves = target["style"] == "all_docs"
        if let text = target["seq_interval"] {
            guard let interval = Int(text) else { throw .badArgument }
            seqInterval = interval > 1 ? interval : nil
        }
        if target["filter"] != nil {
            throw CouchError(status: 501, error: "not_implemented", reason: "PocketCouch has no filters.")
        }
    }

    /// The parameters of `_db_updates`.
    init(bell target: RequestTarget) throws(CouchError) {
        try self.init(target, forms: "normal, continuous, longpoll, eventsource")
    }

    private init(_ target: RequestTarget, forms: String) throws(CouchError) {
        switch target["feed"] {
        case nil, "normal": form = .normal
        case "longpoll": form = .longpoll
        case "continuous": form = .continuous
        case "live" where forms.contains("live"): form = .continuous
        case "eventsource":
            throw CouchError(status: 501, error: "not_implemented", reason: "PocketCouch has no eventsource feeds.")
        default: throw .badRequest("Supported `feed` types: \(forms)")
        }
        since = target["since"]
        isDescending = target.isTrue("descending")
        if let text = target["limit"] {
            guard let number = Int(text), number >= 0 else { throw .badArgument }
            limit = min(number, Self.unlimited)
        }
        if let text = target["timeout"] {
            guard let number = Int(text), number >= 0 else { throw .badArgument }
            silence = min(number, Self.minute)
        }
        if let text = target["heartbeat"] {
            hasHeartbeat = true
            silence = try Self.heartbeat(text)
        }
    }

    private static func heartbeat(_ text: String) throws(CouchError) -> Int {
        if text == "true" { return minute }
        guard let number = Int(text) else {
            throw .badRequest("Invalid heartbeat value. Expecting a positive integer value (in milliseconds).")
        }
        guard number > 0 else {
            throw .badRequest("The heartbeat value should be a positive integer (in milliseconds).")
        }
        return min(number, day)
    }
}
