import CouchFeed
import Curl
public import Logging
import Notices
public import Processes
public import ServiceLifecycle
public import Settings
public import Store

/// The parts of Herald, put together: feeds from the server, notices to every notifier, cursors in the store.
///
/// It starts the notifiers before the feeds and stops the feeds before the
/// notifiers, so that whatever was read is also written; what was delivered is
/// saved last.
public struct HeraldService: Service {
    private let settings: HeraldSettings
    private let log: Logger
    private let store: Store
    private let keeper: CursorKeeper
    private let notifiers: [RunningNotifier]
    private let hub: HubHandle

    /// - Parameters:
    ///   - store: Open. It is closed when the service ends.
    ///   - contents: What is in it.
    ///   - environment: The service's own, on which the notifiers' are built.
    ///   - output: Where the lines of the notifier of this name go; the log, by default.
    public init(
        settings: HeraldSettings,
        store: Store,
        contents: StoreContents,
        environment: [String: String],
        log: Logger,
        output: (_ notifier: String) -> (any ChildOutput)? = { _ in nil }
    ) {
        self.settings = settings
        self.log = log
        self.store = store
        hub = HubHandle()
        let keeper = CursorKeeper(
            store: store,
            contents: contents,
            members: settings.notifiers.map {
                CursorKeeper.Member(name: $0.name, window: $0.confirmation?.window ?? .max)
            },
            forgetAfter: settings.store.forgetAfter,
            log: log
        )
        self.keeper = keeper
        let lines = LineBook()
        notifiers = settings.notifiers.map { [hub] notifier in
            RunningNotifier(
                notifier,
                of: settings.source,
                environment: environment,
                lines: lines,
                ledger: keeper.ledger(of: notifier.name),
                output: output(notifier.name),
                log: log
            ) { Task { await hub.roomAgain() } }
        }
    }

    /// Runs until the surrounding service group shuts down gracefully, or the task is cancelled.
    ///
    /// Throws ``WrongServer`` if the cursors in the store are those of another server.
    public func run() async throws {
        SignalDefaults.ignoreBrokenPipes()
        Machine.raiseFileLimit(log: log)
        for warning in settings.warnings { log.warning("\(warning)") }
        if settings.source.isDefault { log.info("no url in [source]: watching \(settings.source.url)") }

        let (ends, end) = AsyncStream<WrongServer?>.makeStream()
        let letters = RetriedLetters(store: store, outboxes: notifiers.map(\.notifier.outbox), log: log)
        let wrongServer = await withTaskGroup { group in
            group.addTask { await keeper.run() }
            for notifier in notifiers {
                group.addTask { await notifier.supervisor.run() }
            }
            let chores = Task { await keepHouse(letters) }
            await hub.start(address, options, notifiers.map(\.notifier), keeper, log) { end.yield($0) }
            let waiting = Task {
                // Returns at graceful shutdown and at cancellation alike.
                try? await gracefulShutdown()
                end.yield(nil)
            }
            let wrongServer = await withTaskCancellationHandler {
                var next = ends.makeAsyncIterator()
                return await next.next() ?? nil
            } onCancel: {
                waiting.cancel()
            }
            waiting.cancel()
            log.info("stopping")
            chores.cancel()
            await hub.stop()
            await withTaskGroup { stopping in
                for notifier in notifiers {
                    stopping.addTask { await notifier.stop(log: log) }
                }
            }
            await keeper.stop()
            await group.waitForAll()
            return wrongServer
        }
        store.close()
        log.info("stopped")
        if let wrongServer { throw wrongServer }
    }

    /// What is to be looked after now and then, until the task is cancelled.
    private func keepHouse(_ letters: RetriedLetters) async {
        var counted = ContinuousClock.now
        var isInPlace = true
        await letters.look()
        // Nobody tells of what other processes do to the store: it is looked at once a second.
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            await letters.lookIfChanged()
            if isInPlace, !store.isInPlace {
                isInPlace = false
                log.error(
                    """
                    the store in \(settings.store.folder) was removed or replaced: cursors are saved nowhere any more; put \
                    it back while herald is stopped, or else each notifier begins anew at its 'since'
                    """
                )
            }
            if ContinuousClock.now - counted > .seconds(600) {
                counted = .now
                await keeper.countAbsences()
            }
        }
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

    func start(
        _ address: ServerAddress,
        _ options: HubOptions,
        _ followers: [Notifier],
        _ keeper: CursorKeeper,
        _ log: Logger,
        foundWrongServer: @escaping @Sendable (WrongServer) -> Void
    ) {
        let hub = Hub(
            address: address,
            options: options,
            followers: followers,
            keeper: keeper,
            log: log,
            foundWrongServer: foundWrongServer
        )
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
