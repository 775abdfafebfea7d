import Settings

/// Where the configuration comes from, and how it is read again.
public struct ConfigurationSource: Sendable {
    /// The files and folders, as ``HeraldSettings/load(paths:environment:)`` takes them.
    public var paths: [String]
    /// The service's environment.
    public var environment: [String: String]
    /// What the files looked like before they were read the first time.
    public var fingerprint: ConfigurationFingerprint

    /// Takes the fingerprint; to be made before the files are read.
    public init(paths: [String], environment: [String: String]) {
        self.paths = paths
        self.environment = environment
        fingerprint = ConfigurationFingerprint(paths: paths)
    }

    /// Reads it, on no actor; throws all its faults.
    @concurrent
    func load() async throws(Faults) -> HeraldSettings {
        try HeraldSettings.load(paths: paths, environment: environment)
    }
}
