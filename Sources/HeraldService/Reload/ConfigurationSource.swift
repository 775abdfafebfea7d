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

    /// Reads it once it is at rest, on no actor; throws all its faults. What is being written meanwhile is waited for:
    /// half a file may be without fault, and an empty one stops everything.
    @concurrent
    func load() async throws(Faults) -> HeraldSettings {
        for _ in 0..<Self.mostReadings {
            let before = ConfigurationFingerprint(paths: paths)
            let rest = before.restlessness(at: ConfigurationFingerprint.Time.now())
            // The system tells nobody that a file is finished: only that nobody writes to it any more shows it.
            if rest > .zero, (try? await Task.sleep(for: rest)) != nil { continue }
            let settings = Result { () throws(Faults) in
                try HeraldSettings.load(paths: paths, environment: environment)
            }
            if ConfigurationFingerprint(paths: paths) == before { return try settings.get() }
        }
        // It never comes to rest: what is there now is as good as what comes.
        return try HeraldSettings.load(paths: paths, environment: environment)
    }

    /// With a wait for ``ChangeDetector/quiet`` between two this is some seconds.
    private static let mostReadings = 25
}
