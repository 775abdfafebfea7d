import CouchFeed
import Curl
public import Logging
import Notices
public import Processes
public import ServiceLifecycle
public import Settings

/// The parts of Herald, put together: feeds from the server, notices to every notifier.
///
/// It starts the notifiers before the feeds and stops the feeds before the
/// notifiers, so that whatever was read is also written.
public struct HeraldService: Service {
    private let settings: HeraldSettings
    private let log: Logger
    private let notifiers: [RunningNotifier]
    private let hub: HubHandle

    /// - Parameters:
    ///   - environment: The service's own, on which the notifiers' are built.
    ///   - output: Where the lines of the notifier of this name go; the log, by default.
    public init(
        settings: HeraldSettings,
        environment: [String: String],
        log: Logger,
        output: (_ notifier: String) -> (any ChildOutput)? = { _ in nil }
    ) {
        self.settings = settings
        self.log = log
        hub = HubHandle()
        let lines = LineBook()
        notifiers = settings.notifiers.map { [hub] notifier in
            RunningNotifier(
                notifier,
                environment: environment,
                lines: lines,
                output: output(notifier.name),
                log: log
            ) { Task { await hub.roomAgain() } }
        }
    }

    /// Runs until the surrounding service group shuts down gracefully, or the task is cancelled.
    public func run() async throws {
        SignalDefaults.ignoreBrokenPipes()
        Machine.raiseFileLimit(log: log)
        for warning in settings.warnings { log.warning("\(warning)") }
        if settings.source.isDefault { log.info("no url in [source]: watching \(settings.source.url)") }

        await withTaskGroup { group in
            for notifier in notifiers {
                group.addTask { await notifier.supervisor.run() }
            }
            await hub.start(address, options, notifiers.map(\.notifier), log)
            // Returns at graceful shutdown and at cancellation alike.
            try? await gracefulShutdown()
            log.info("stopping")
            await hub.stop()
            await withTaskGroup { stopping in
                for notifier in notifiers {
                    stopping.addTask { await notifier.stop(log: log) }
                }
            }
            await group.waitForAll()
        }
        log.info("stopped")
    }

    private var address: ServerAddress {
        let source = settings.source
        return ServerAddress(url: source.url, caFile: source.caFile) {
            switch try source.credentials() {
            case .none: .none
            case .basic(let username, let password): .basic(user: username, password: password.reveal)
            case .bearer(let token): .bearer(token: token.reveal)
            }
        }
    }

    private var options: HubOptions {
        let source = settings.source
        return HubOptions(
            selects: { source.databases.matches($0) },
            names: source.databases.literalNames,
            hasGlobs: source.databases.hasGlobs,
            startsNow: source.since == .now,
            heartbeat: source.heartbeat,
            rescan: source.rescan
        )
    }
}

/// The hub, which lives on the loop's thread, as other threads reach it.
@CurlLoop
private final class HubHandle {
    private var hub: Hub?

    nonisolated init() {}

    func start(_ address: ServerAddress, _ options: HubOptions, _ followers: [Notifier], _ log: Logger) {
        let hub = Hub(address: address, options: options, followers: followers, log: log)
        self.hub = hub
        hub.start()
    }

    func stop() {
        hub?.stop()
        hub = nil
    }

    func roomAgain() {
        hub?.roomAgain()
    }
}
