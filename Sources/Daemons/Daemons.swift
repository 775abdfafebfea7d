public import Logging
import NIOConcurrencyHelpers
public import Processes
public import Settings
public import Status

/// The processes of `[os_daemons]`: one instance each, kept alive, changed as the configuration changes.
public actor Daemons {
    /// What daemons can ask for, which is read at each request and each failure.
    private struct Present: Sendable {
        var shown: ShownConfiguration
        var limits: FailureWindow.Limits
    }

    private let command: @Sendable (DaemonSettings) -> ChildCommand
    private let log: Logger
    private let time: Timekeeper
    private let present: NIOLockedValueBox<Present>
    private var layers: Layers
    private var daemons: [String: Daemon] = [:]
    private let spawn: @Sendable (@escaping @Sendable () async -> Void) -> Void
    /// The end of all that were removed, by name: a daemon that comes back waits until those before it are gone.
    private var leaving: [String: Task<Void, Never>] = [:]
    private var isStopped = false

    /// None is started before ``apply(_:)``.
    /// - Parameters:
    ///   - settings: With which Herald begins.
    ///   - command: How a daemon is run.
    ///   - spawn: Runs what is to run on as a part of the service.
    public init(
        _ settings: HeraldSettings,
        log: Logger,
        time: Timekeeper = .system,
        command: @escaping @Sendable (DaemonSettings) -> ChildCommand,
        spawn: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Void
    ) {
        self.command = command
        self.spawn = spawn
        self.log = log
        self.time = time
        layers = settings.layers
        present = NIOLockedValueBox(Self.present(settings))
    }

    private static func present(_ settings: HeraldSettings) -> Present {
        Present(
            shown: ShownConfiguration(settings.layers),
            limits: FailureWindow.Limits(
                count: settings.daemonRetries.maxRetries,
                time: settings.daemonRetries.retryTime
            )
        )
    }

    /// Brings the daemons to where the configuration wants them: new ones are started, those that are gone are stopped,
    /// changed ones are replaced, and so are those that have registered for something that has changed. All others are
    /// left alone. Returns when that has begun.
    public func apply(_ settings: HeraldSettings) {
        guard !isStopped else { return }
        let difference = LayersDifference(from: layers, to: settings.layers)
        layers = settings.layers
        present.withLockedValue { $0 = Self.present(settings) }
        let wanted = Set(settings.daemons.map(\.name))
        for name in daemons.keys where !wanted.contains(name) { remove(name) }
        for daemon in settings.daemons {
            guard let known = daemons[daemon.name] else {
                add(daemon)
                continue
            }
            known.change(to: command(daemon))
            known.configurationHasChanged { $0.isOf(difference) }
        }
    }

    /// Stops all, and returns when nothing of them is left.
    public func stop() async {
        isStopped = true
        for name in Array(daemons.keys) { remove(name) }
        for end in leaving.values { await end.value }
    }

    /// How each of them fares, by name.
    public var status: [String: DaemonStatus] {
        daemons.mapValues(\.status)
    }

    /// The supervisor of the daemon of this name, by which it can be started and stopped.
    public func supervisor(of name: String) -> Supervisor? {
        daemons[name]?.supervisor
    }

    private func add(_ settings: DaemonSettings) {
        let daemon = Daemon(
            command(settings),
            configuration: { [present] in present.withLockedValue { $0.shown } },
            limits: { [present] in present.withLockedValue { $0.limits } },
            log: log,
            time: time
        )
        daemons[settings.name] = daemon
        let before = leaving[settings.name]
        spawn {
            await before?.value
            await daemon.supervisor.run()
        }
    }

    private func remove(_ name: String) {
        guard let daemon = daemons.removeValue(forKey: name) else { return }
        let before = leaving[name]
        leaving[name] = Task {
            await daemon.supervisor.stop()
            await before?.value
        }
    }
}

extension ShownConfiguration: DaemonConfiguration {}

extension DaemonRegistration {
    /// Whether what was registered for is among what has changed.
    fileprivate func isOf(_ difference: LayersDifference) -> Bool {
        if let key { difference.changes(section, key) } else { difference.changes(section) }
    }
}
