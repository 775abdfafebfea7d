/// All that the configuration says, checked.
public struct HeraldSettings: Sendable, Hashable {
    /// What the log shows, and how.
    public var log: LogSettings
    /// What outlives the service, and where.
    public var store: StoreSettings
    /// How it is seen and controlled while it runs.
    public var control: ControlSettings
    /// The server that is watched.
    public var source: SourceSettings
    /// The notifiers, in the order in which their commands first appeared.
    public var notifiers: [NotifierSettings]
    /// The daemons, in the order in which their commands first appeared.
    public var daemons: [DaemonSettings]
    /// When a daemon that dies again and again is halted.
    public var daemonRetries: DaemonRetrySettings
    /// What is allowed and yet likely a mistake, by file and line.
    public var warnings: [Fault]
    /// The files that were read, in their order.
    public var files: [String]
    /// All sections and keys as they stand, those of others included.
    public var layers: Layers

    /// The file that is read where none is named.
    public static let defaultPath = "notifiers.ini"
    /// The url that is watched where none is named.
    public static let defaultURL = "http://127.0.0.1:5984"
}

/// `[herald]`: the log.
public struct LogSettings: Sendable, Hashable {
    /// How grave an entry must be to be shown.
    public enum Level: String, Sendable, Hashable, CaseIterable {
        case trace, debug, info, notice, warning, error
    }

    /// How an entry is written.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        case text, json
    }

    /// The least level that is shown.
    public var level: Level = .info
    /// How entries are written.
    public var format: Format = .text

    /// The defaults.
    public init() {}
}

/// `[herald]`: the store.
public struct StoreSettings: Sendable, Hashable {
    /// The absolute path of the folder with the store. It may be that it has still to be made.
    public var folder: String
    /// How long the cursors of a notifier are kept that is no longer configured; 1 min to 3650 days.
    public var forgetAfter: Duration = .seconds(30 * 86_400)

    /// The name of the folder where none is set: it stands beside the first configuration file.
    public static let defaultFolderName = "herald-state"

    /// A store in `folder`, an absolute path.
    public init(folder: String) {
        self.folder = folder
    }
}

/// `[source]`: the server that is watched.
public struct SourceSettings: Sendable, Hashable {
    /// Where a database is begun that exists when Herald first starts.
    public enum Since: String, Sendable, Hashable, CaseIterable {
        /// Nothing is told of what was.
        case now
        /// A `created`, then all changes.
        case zero = "0"
    }

    /// What the server is shown to let Herald in.
    public enum Credentials: Sendable, Hashable {
        /// Nothing.
        case none
        /// HTTP basic authentication.
        case basic(username: String, password: Secret)
        /// A bearer token.
        case bearer(Secret)
    }

    /// Scheme, host, port and path prefix, without credentials and without a slash at the end.
    public var url: String = HeraldSettings.defaultURL
    /// Whether no url was set, so that ``url`` is the default.
    public var isDefault = true
    /// The user, from the environment, the key or the url, in this order.
    public var username: String?
    /// The password, from the same places; nil if it is in ``passwordFile`` or there is none.
    public var password: Secret?
    /// The absolute path of the file that holds the password; nil where the environment has one.
    public var passwordFile: String?
    /// The absolute path of the file that holds a bearer token.
    public var tokenFile: String?
    /// The absolute path of the certificates to trust for https; nil for the system's.
    public var caFile: String?
    /// The databases that are followed.
    public var databases: DatabaseFilter = .all
    /// Where databases that exist at first start are begun.
    public var since: Since = .now
    /// How often the server is asked to show that a feed is alive; 100 ms to 1 h.
    public var heartbeat: Duration = .seconds(10)
    /// How often the list of databases is asked for where no bell rings; 100 ms to 1 h.
    public var rescan: Duration = .seconds(5)

    /// The defaults.
    public init() {}

    /// The credentials as they are now. Reads the password or token file anew, since tokens rotate; blocks for that long.
    ///
    /// Throws a fault of the file if it cannot be used.
    public func credentials() throws(Fault) -> Credentials {
        if let tokenFile {
            return .bearer(Secret(try readSecret(tokenFile)))
        }
        guard let username else { return .none }
        if let password {
            return .basic(username: username, password: password)
        }
        guard let passwordFile else { return .none }
        return .basic(username: username, password: Secret(try readSecret(passwordFile)))
    }
}
