/// How it is with the server that is watched.
public struct ServerStatus: Codable, Sendable, Equatable {
    public enum State: String, Codable, Sendable {
        /// It has not answered yet since the start.
        case unknown
        case reachable
        case unreachable
        /// It does not let Herald in.
        case refused
        /// Another server answers at its address.
        case stranger
    }

    public enum Bell: String, Codable, Sendable {
        /// `_db_updates` tells of databases that are made and deleted.
        case rings
        /// It is not connected at the moment.
        case silent
        /// The server has none, or not for this user: the list of databases is asked for now and then.
        case missing
    }

    /// Without credentials.
    public var url: String
    public var state: State
    /// What it is: `CouchDB`, `Cloudant`, `PouchDB Server`; `nil` before it has answered.
    public var kind: String?
    public var version: String?
    public var uuid: String?
    public var bell: Bell
    public var lastError: Mishap?

    public init(
        url: String,
        state: State = .unknown,
        kind: String? = nil,
        version: String? = nil,
        uuid: String? = nil,
        bell: Bell = .silent,
        lastError: Mishap? = nil
    ) {
        self.url = url
        self.state = state
        self.kind = kind
        self.version = version
        self.uuid = uuid
        self.bell = bell
        self.lastError = lastError
    }
}
