import Control
import CouchFeed
import Daemons
public import Logging
import Notices
public import Processes
public import ServiceLifecycle
public import Settings
public import Store
import UnixSignals

/// The parts of Herald, put together: feeds from the server, notices to every notifier, daemons kept alive, cursors in
/// the store, and the control interface to all of it.
///
/// It starts the notifiers before the feeds and stops the feeds before the
/// notifiers, so that whatever was read is also written; what was delivered is
/// saved last.
public struct HeraldService: Service {
    private let settings: HeraldSettings
    private let configuration: ConfigurationSource?
    private let log: Logger
    private let manager: ServiceManager
    private let parts: ServiceControl.Parts
    private let control: ServiceControl
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let job: AsyncStream<@Sendable () async -> Void>.Continuation
    private let ends: AsyncStream<WrongServer?>
    private let end: AsyncStream<WrongServer?>.Continuation

    /// - Parameters:
    ///   - configuration: Where `settings` were read, to be read again when it changes; `nil` where it cannot.
    ///   - store: Open. It is closed when the service ends.
    ///   - contents: What is in it.
    ///   - environment: The service's own, on which the children's are built.
    ///   - logSettings: How `log` is written.
    ///   - output: Where the lines of the notifier of this name go; the log, by default.
    public init(
        settings: HeraldSettings,
        configuration: ConfigurationSource? = nil,
        store: Store,
        contents: StoreContents,
        environment: [String: String],
        logSettings: LiveLogSettings,
        log: Logger,
        output: @escaping @Sendable (_ notifier: String) -> (any ChildOutput)? = { _ in nil }
    ) {
        self.settings = settings
        self.configuration = configuration
        self.log = log
        (jobs, job) = AsyncStream.makeStream()
        (ends, end) = AsyncStream.makeStream()
        let keeper = CursorKeeper(
            store: store,
            contents: contents,
            members: settings.notifiers.map { CursorKeeper.Member($0) },
            forgetAfter: settings.store.forgetAfter,
            log: log
        )
        let hub = HubHandle(keeper: keeper, log: log) { [end] in end.yield($0) }
        let commands = ChildCommands(environment: environment)
        let roster = NotifierRoster(
            hub: hub,
            source: settings.source,
            keeper: keeper,
            log: log,
            command: { commands.command(of: $0) },
            output: output,
            spawn: { [job] in job.yield($0) }
        )
        parts = ServiceControl.Parts(
            store: store,
            keeper: keeper,
            hub: hub,
            roster: roster,
            daemons: Daemons(
                settings,
                log: log,
                command: { commands.command(of: $0) },
                spawn: { [job] in job.yield($0) }
            ),
            letters: DeadLetterDesk(store: store, roster: roster, log: log),
            log: logSettings
        )
        manager = ServiceManager(environment: environment, log: log)
        control = ServiceControl(
            parts,
            settings: settings,
            configuration: configuration,
            manager: manager,
            log: log
        )
    }

    /// Runs until the surrounding service group shuts down gracefully, or the task is cancelled.
    ///
    /// Throws ``WrongServer`` if the cursors in the store are those of another server, and `ControlFault` if the control
    /// interface cannot be opened; then nothing was started.
    public func run() async throws {
        SignalDefaults.ignoreBrokenPipes()
        Timekeeper.prepare()
        for warning in settings.warnings { log.warning("\(warning)") }
        if settings.source.isDefault { log.info("no url in [source]: watching \(settings.source.url)") }
        defer { parts.store.close() }
        let server = ControlServer(
            control,
            folder: settings.store.folder,
            tokenFile: settings.control.tokenFile,
            logger: log
        )
        try await server.start(listen: settings.control.listen.map { Control.ListenAddress($0) })
        await control.use(server)

        let wrongServer = await withDiscardingTaskGroup { group in
            let main = Task {
                let wrongServer = await work()
                job.finish()
                return wrongServer
            }
            await withTaskCancellationHandler {
                for await job in jobs { group.addTask { await job() } }
            } onCancel: {
                end.yield(nil)
            }
            return await main.value
        }
        await server.stop()
        log.info("stopped")
        if let wrongServer { throw wrongServer }
    }

    /// Starts the parts, waits for the end, and stops them.
    private func work() async -> WrongServer? {
        let keeping = Task { await parts.keeper.run() }
        await parts.daemons.apply(settings)
        await parts.roster.apply(settings)
        let chores = [
            Task { await keepHouse() },
            Task { await watchConfiguration() },
            Task { await reloadOnHangup() },
            Task { await tellManager() },
            Task { await manager.keepWatchdog { await isAlive() } },
        ]
        manager.ready("running")
        let wrongServer = await waitForEnd()
        await control.beginToStop()
        manager.stopping()
        log.info("stopping")
        for chore in chores { chore.cancel() }
        await parts.hub.stop()
        await parts.keeper.hurry()
        await withDiscardingTaskGroup { group in
            group.addTask { await parts.roster.stop() }
            group.addTask { await parts.daemons.stop() }
        }
        await parts.keeper.stop()
        await keeping.value
        return wrongServer
    }

    private func waitForEnd() async -> WrongServer? {
        let waiting = Task {
            // Returns at graceful shutdown and at cancellation alike.
            try? await gracefulShutdown()
            end.yield(nil)
        }
        defer { waiting.cancel() }
        var next = ends.makeAsyncIterator()
        return await next.next() ?? nil
    }

    // MARK: Chores, each until its task is cancelled

    /// Whether the parts that all else goes through still do what they are asked.
    private func isAlive() async -> Bool {
        await parts.hub.answer()
        _ = await parts.roster.supervisor(of: "")
        _ = await parts.daemons.supervisor(of: "")
        return true
    }

    private func reloadOnHangup() async {
        guard configuration != nil else { return }
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            log.info("SIGHUP: reading the configuration again")
            // What is wrong has been logged.
            _ = try? await control.reload()
        }
    }

    private func watchConfiguration() async {
        guard let configuration else { return }
        await ConfigurationWatch(paths: configuration.paths) {
            await control.read ?? configuration.fingerprint
        } changed: {
            await control.filesHaveChanged()
        }.run()
    }

    /// For `systemctl status`, to which a person turns now and then.
    private func tellManager() async {
        guard manager.isListening else { return }
        // No part tells when it is well or ill: all are asked, at a pace that is quick enough for a person.
        repeat { await control.tellManager() } while (try? await Task.sleep(for: .seconds(5))) != nil
    }

    private func keepHouse() async {
        var counted = ContinuousClock.now
        var isInPlace = true
        await parts.letters.look()
        // Nobody tells of what other processes do to the store: it is looked at once a second.
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            await parts.letters.lookIfChanged(lastSave: parts.keeper.saves.lastSave)
            if isInPlace, !parts.store.isInPlace {
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
                await parts.keeper.countAbsences()
            }
        }
    }
}
