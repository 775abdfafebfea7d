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
    private let read: @Sendable () async -> ConfigurationFingerprint
    private let time: Timekeeper
    private let look: @Sendable () -> ConfigurationFingerprint
    private let changed: @Sendable () async -> Void

    /// - Parameters:
    ///   - paths: What `HeraldSettings.load(paths:environment:)` was given.
    ///   - read: Gives the fingerprint of the configuration that was read last, taken before it was read.
    ///   - changed: Called once things have been quiet after a change, in the task that runs the watch: nothing is looked
    ///     at before it returns, and what changes meanwhile is noticed then.
    public init(
        paths: [String],
        time: Timekeeper = .system,
        read: @escaping @Sendable () async -> ConfigurationFingerprint,
        changed: @escaping @Sendable () async -> Void
    ) {
        self.init(time: time, read: read, look: { ConfigurationFingerprint(paths: paths) }, changed: changed)
    }

    init(
        time: Timekeeper,
        read: @escaping @Sendable () async -> ConfigurationFingerprint,
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
        var detector = ChangeDetector<ConfigurationFingerprint>()
        while !Task.isCancelled {
            // In this order: what is read meanwhile is seen at the next look.
            let seen = look()
            if detector.saw(seen, whileRead: await read(), at: time.now()) { await changed() }
            // It polls, for the reasons above.
            await time.sleep(detector.nextLook(after: time.now()))
        }
    }
}
