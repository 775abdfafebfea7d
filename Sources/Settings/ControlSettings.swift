/// `[herald]`: how Herald is seen and controlled while it runs.
public struct ControlSettings: Sendable, Hashable {
    /// Where it listens for HTTP; nil for nowhere.
    public var listen: ListenAddress? = .standard
    /// The absolute path of the file with the token of those who may act; nil for the one in the store's folder, which
    /// Herald makes itself.
    public var tokenFile: String?
    /// Where `listen` stands, for hints; the last file as a whole where it stands nowhere.
    public var place: ConfigurationPlace

    /// The defaults; `place` is where `listen` would stand.
    public init(place: ConfigurationPlace) {
        self.place = place
    }
}

extension StoreSettings {
    /// How many bytes the path of a Unix socket may have: `sun_path` of unix(7), less the NUL at its end.
    static let longestSocketPath = 107

    /// The absolute path of the socket through which `herald` talks to the one that runs.
    public var controlSocket: String { "\(folder)/control.sock" }

    /// The absolute path of the token that Herald makes itself, where no `token_file` is named.
    public var tokenFile: String { "\(folder)/token" }
}
