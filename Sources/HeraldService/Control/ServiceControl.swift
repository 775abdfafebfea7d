import Control
import CouchFeed
import Daemons
import Glibc
import Logging
import Processes
import Settings
import Status
import Store

/// The running service as the control interface sees it, and as the configuration changes it.
actor ServiceControl: Controlled {
    /// What it controls.
    struct Parts: Sendable {
        var store: Store
        var keeper: CursorKeeper
        var hub: HubHandle
        var roster: NotifierRoster
        var daemons: Daemons
        var letters: DeadLetterDesk
        var log: LiveLogSettings
    }

    private let parts: Parts
    private let configuration: ConfigurationSource?
    private let manager: ServiceManager
    private let log: Logger
    private let start = ContinuousClock.now
    private let startTime = Timestamp.now()
    /// The configuration that is in force.
    private var settings: HeraldSettings
    private var loaded: String
    /// What the files looked like before they were read last.
    private(set) var read: ConfigurationFingerprint?
    private var reloads = 0
    private var faults: [String] = []
    private var server: ControlServer?
    private var last: Task<Void, Never>?
    private var isStopping = false

    init(
        _ parts: Parts,
        settings: HeraldSettings,
        configuration: ConfigurationSource?,
        manager: ServiceManager,
        log: Logger
    ) {
        self.parts = parts
        self.settings = settings
        self.configuration = configuration
        self.manager = manager
        self.log = log
        loaded = startTime
        read = configuration?.fingerprint
    }

    /// The interface whose address changes with the configuration.
    func use(_ server: ControlServer) {
        self.server = server
    }

    /// Nothing is changed any more.
    func beginToStop() {
        isStopping = true
    }

    private static let isBeingStopped = ControlError.refused("herald is being stopped")

    // MARK: Reloading

    func reload() async throws(ControlError) -> ReloadAnswer {
        try await inTurn { await $0.reloadInTurn() }.get()
    }

    /// Reads them again, unless that was done since, because somebody asked for it.
    func filesHaveChanged() async {
        guard let configuration else { return }
        await inTurn { control in
            guard await control.read != ConfigurationFingerprint(paths: configuration.paths) else { return }
            control.log.info("the configuration's files have changed: reading them again")
            // What is wrong has been logged.
            _ = await control.reloadInTurn()
        }
    }

    /// Does `work` when all that came before is done.
    private func inTurn<Result: Sendable>(
        _ work: @escaping @Sendable (ServiceControl) async -> Result
    ) async -> Result {
        let before = last
        let turn = Task {
            await before?.value
            return await work(self)
        }
        last = Task { _ = await turn.value }
        return await turn.value
    }

    private func reloadInTurn() async -> Result<ReloadAnswer, ControlError> {
        guard let configuration else {
            return .failure(.refused("this herald was not started with configuration files"))
        }
        guard !isStopping else { return .failure(Self.isBeingStopped) }
        manager.reloading()
        // Behind its end nothing else is told of it.
        defer { if !isStopping { manager.ready("running") } }
        // Before they are read: what changes meanwhile is noticed then.
        read = ConfigurationFingerprint(paths: configuration.paths)
        do throws(Faults) {
            let new = try await configuration.load()
            // That may have taken a while.
            guard !isStopping else { return .failure(Self.isBeingStopped) }
            return .success(try await apply(new))
        } catch {
            faults = error.faults.map(\.description)
            for fault in faults { log.error("\(fault)") }
            log.error("the configuration has faults and was not taken over; the one before it stays in force")
            return .failure(.faults(faults))
        }
    }

    /// Puts the configuration into force, or throws what keeps it from being so, with nothing changed.
    private func apply(_ new: HeraldSettings) async throws(Faults) -> ReloadAnswer {
        let change = SettingsChange(from: settings, to: new)
        guard change.faults.isEmpty else { throw Faults(change.faults) }
        try await moveServer(to: new)
        parts.log.current = new.log
        settings = new
        faults = []
        loaded = Timestamp.now()
        if change.lines.isEmpty {
            log.info("the configuration was read again; nothing has changed")
        } else {
            reloads += 1
            log.info("the configuration has changed: \(change.lines.joined(separator: "; "))")
        }
        for warning in new.warnings { log.warning("\(warning)") }
        await parts.keeper.forget(after: new.store.forgetAfter)
        await parts.daemons.apply(new)
        await parts.roster.apply(new)
        return ReloadAnswer(changes: change.lines, warnings: new.warnings.map(\.description))
    }

    private func moveServer(to new: HeraldSettings) async throws(Faults) {
        guard let server else { return }
        do throws(ControlFault) {
            if new.control.tokenFile != settings.control.tokenFile {
                try await server.useToken(at: new.control.tokenFile)
            }
            if new.control.listen != settings.control.listen {
                try await server.move(to: new.control.listen.map { Control.ListenAddress($0) })
            }
        } catch {
            try? await server.useToken(at: settings.control.tokenFile)
            throw Faults([error.fault(in: new)])
        }
    }

    // MARK: Orders

    func perform(_ action: ChildAction, on name: ChildName) async throws(ControlError) {
        guard !isStopping else { throw Self.isBeingStopped }
        let supervisor = try await find(name)
        switch action {
        case .start: supervisor.resume()
        case .stop: supervisor.suspend()
        case .restart:
            if !supervisor.resume() { supervisor.replace("it is told to restart") }
        }
    }

    private func find(_ name: ChildName) async throws(ControlError) -> Supervisor {
        let notifier = name.kind == .daemon ? nil : await parts.roster.supervisor(of: name.name)
        let daemon = name.kind == .notifier ? nil : await parts.daemons.supervisor(of: name.name)
        switch (notifier, daemon) {
        case (.some(let notifier), nil): return notifier
        case (nil, .some(let daemon)): return daemon
        case (.some, .some):
            throw .refused(
                "both a notifier and a daemon have the name \(name.name): say notifier:\(name.name) or daemon:\(name.name)"
            )
        case (nil, nil):
            let known = settings.notifiers.map(\.name) + settings.daemons.map(\.name)
            let names =
                known.isEmpty ? "there is none at all" : "there are: \(Set(known).sorted().joined(separator: ", "))"
            let near = nearestName(to: name.name, among: known).map { "did you mean \($0)? " } ?? ""
            throw .unknown(LogText.escaped("no notifier or daemon has the name '\(name.name)'; \(near)\(names)"))
        }
    }

    func rewind(_ request: RewindRequest) async throws(ControlError) -> RewindAnswer {
        guard let target = RewindTarget(request.to) else {
            throw .refused(
                "'\(request.to)' is neither 0, now, nor a seq such as 12-g1AAA, 12, or JSON in quotes or brackets"
            )
        }
        if case .seq = target, request.database == nil {
            throw .refused("a seq belongs to one database: name it, or rewind to 0 or now")
        }
        guard !isStopping else { throw Self.isBeingStopped }
        let order = Rewind(follower: request.name, database: request.database, target: target)
        let (outcome, isSaved): NotifierRoster.Rewound
        do throws(RewindFault) {
            (outcome, isSaved) = try await parts.roster.rewind(order)
        } catch {
            throw .unknown(LogText.escaped("\(error)"))
        }
        for (name, count) in outcome.databases {
            log.info("notifier \(name): rewound to \(target) in \(count == 1 ? "1 database" : "\(count) databases")")
        }
        guard isSaved else {
            throw .refused(
                """
                the cursors were moved, but the store cannot be written: what was moved is saved as soon as it can be, and \
                lost if herald ends before; make room on the disk of state_dir, and see 'herald status'
                """
            )
        }
        return RewindAnswer(databases: Dictionary(outcome.databases.map { ($0.follower, $0.count) }) { $1 })
    }

    // MARK: Status

    /// Tells systemd how things are; nothing behind the news of the stop.
    func tellManager() async {
        let verdict = await report().verdict
        if !isStopping { manager.status(verdict) }
    }

    func report() async -> StatusReport {
        let hub = await parts.hub.status()
        let letters = await parts.letters.counts
        return StatusReport(
            herald: HeraldStatus(
                version: HeraldVersion.current,
                pid: getpid(),
                started: startTime,
                uptime: (ContinuousClock.now - start).inSeconds,
                configuration: ConfigurationStatus(
                    files: settings.files,
                    loaded: loaded,
                    reloads: reloads,
                    faults: faults
                )
            ),
            server: hub?.server ?? ServerStatus(url: settings.source.url),
            databases: hub?.databases ?? [:],
            notifiers: await parts.roster.status(hub?.standings ?? [], deadLetters: letters),
            daemons: await parts.daemons.status,
            store: storeStatus
        )
    }

    private var storeStatus: StoreStatus {
        let saves = parts.keeper.saves
        return StoreStatus(
            folder: settings.store.folder,
            size: parts.store.size,
            lastSave: saves.lastSave.map { Timestamp.ago(.now - $0) },
            lastError: saves.failure.map { Mishap(LogText.escaped($0.why), at: Timestamp.ago(.now - $0.since)) },
            isInPlace: parts.store.isInPlace
        )
    }
}
