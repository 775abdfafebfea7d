/// Which server an embedded server plays: they differ as the table "Servers differ" tells.
public enum Dialect: String, Sendable, CaseIterable {
    /// CouchDB 3.5.0.
    case couchDB3
    /// CouchDB 2.3.1: `instance_start_time` is always `"0"`.
    case couchDB2
    /// CouchDB 1.7.2: integer seqs, `_db_updates` without seqs, no `_dbs_info`.
    case couchDB1
    /// PouchDB Server 4.2.0: integer seqs, no `_db_updates`, no `_dbs_info`.
    case pouchDBServer
    /// Cloudant: as CouchDB 3, with `_db_updates` switched off.
    case cloudant

    var hasIntegerSeqs: Bool {
        self == .couchDB1 || self == .pouchDBServer
    }
}

extension PocketCouch {
    /// How an embedded server listens, and who may ask it what.
    public struct Configuration: Sendable {
        /// The TCP port on 127.0.0.1; 0 for any free one.
        public var port = 0
        /// The server admin. Without one everybody is admin.
        public var admin: Credentials?
        /// Users that are no admins.
        public var users: [User] = []
        /// Which server is played.
        public var dialect: Dialect = .couchDB3
        /// How many copies of each database `cluster` in `GET /db` tells of, in the dialects that tell it.
        public var clusterCopies = 1
        /// For how long news of `_db_updates` is gathered; zero rings at once.
        public var bellWindow: Duration = .milliseconds(500)
        /// Whether the order within one window is as unreliable as CouchDB's.
        public var bellShuffles = true
        /// False: `_db_updates` is 404, as without the database `_global_changes`.
        public var bellEnabled = true

        /// The defaults.
        public init() {}
    }

    /// A name and its password, as basic authentication sends them.
    public struct Credentials: Sendable, Equatable {
        /// The name; it has no colon.
        public var name: String
        /// The password.
        public var password: String

        /// A name with its password.
        public init(name: String, password: String) {
            self.name = name
            self.password = password
        }
    }

    /// Somebody who is a member of some databases, and may do nothing else.
    public struct User: Sendable, Equatable {
        /// How the user is recognised.
        public var credentials: Credentials
        /// The databases that the user may read and write, unless `PUT _security` has said otherwise.
        public var databases: [String]

        /// A member of these databases.
        public init(name: String, password: String, databases: [String]) {
            credentials = Credentials(name: name, password: password)
            self.databases = databases
        }
    }
}
