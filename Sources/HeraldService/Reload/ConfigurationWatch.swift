public import Processes

/// Notices that a file of the configuration changed, also when an editor replaces it by another one, or a folder gains or
/// loses an `*.ini`.
///
/// It polls. Notifications of the kernel (inotify) know only what this machine
/// does: not what others do to a shared file system; and they watch inodes:
/// each link on the way to a file, and each folder, would have to be followed
/// anew whenever it is swapped, as Kubernetes does with a ConfigMap. A stat(2)
/// for each file twice a second sees it all, and costs next to nothing.
///
/// The files that a configuration names (passwords, tokens, certificates) are not watched: they are read when needed.
public struct ConfigurationWatch: Sendable {
    private let read: ConfigurationFingerprint
    private let time: Timekeeper
    private let look: @Sendable () -> ConfigurationFingerprint
    private let changed: @Sendable () async -> Void

    /// - Parameters:
    ///   - paths: What `HeraldSettings.load(paths:environment:)` was given.
    ///   - read: The fingerprint of the configuration in force, taken before it was read.
    ///   - changed: Called once things have been quiet after a change, in the task that runs the watch: nothing is looked
    ///     at before it returns, and what changes meanwhile is noticed then.
    public init(
        paths: [String],
        read: ConfigurationFingerprint,
        time: Timekeeper = .system,
        changed: @escaping @Sendable () async -> Void
    ) {
        self.init(read: read, time: time, look: { ConfigurationFingerprint(paths: paths) }, changed: changed)
    }

    init(
        read: ConfigurationFingerprint,
        time: Timekeeper,
        look: @escaping @Sendable () -> ConfigurationFingerprint,
        changed: @escaping @Sendable () async -> Void
    ) {
        self.read = read
        self.time = time
        self.look = look
        self.changed = changed
    }

    /// Watches until the task is cancelled; on no actor, since it asks the file system.
    @concurrent
    public func run() async {
        var detector = ChangeDetector(read: read)
        while !Task.isCancelled {
            if detector.saw(look(), at: time.now()) { await changed() }
            await time.sleep(detector.nextLook(after: time.now()))
        }
    }
}
