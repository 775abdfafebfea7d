/// What was asked of a state's servers, for tests: counts since the state was made, and what is open now.
public struct CouchStats: Sendable, Equatable {
    /// What a request's path names.
    public enum Kind: String, Sendable, CaseIterable {
        /// `/`
        case root
        /// `/_all_dbs`
        case allDatabases
        /// `/_dbs_info`
        case databasesInfo
        /// `/_db_updates`
        case databaseUpdates
        /// Any other path of the server: `_up`, `_session`, `_uuids`.
        case server
        /// `/db`
        case database
        /// `/db/_changes`
        case changes
        /// A document, or anything else below a database.
        case document
    }

    /// Requests by kind, refused ones included.
    public internal(set) var requests: [Kind: Int] = [:]
    /// `_changes` feeds that are open: continuous and longpoll ones.
    public internal(set) var openFeeds = 0
    /// `_db_updates` feeds that are open: continuous and longpoll ones.
    public internal(set) var openBellFeeds = 0

    /// How many requests of this kind there were.
    public func count(_ kind: Kind) -> Int {
        requests[kind] ?? 0
    }
}
