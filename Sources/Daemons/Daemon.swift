import Logging
import Processes
import Settings
import Status

/// One process of `[os_daemons]`, with what it has asked for.
final class Daemon: Sendable {
    let supervisor: Supervisor
    let api: StdioAPI
    private let time: Timekeeper

    init(
        _ command: ChildCommand,
        configuration: @escaping @Sendable () -> any DaemonConfiguration,
        limits: @escaping @Sendable () -> FailureWindow.Limits,
        log: Logger,
        time: Timekeeper
    ) {
        let api = StdioAPI(daemon: command.name, configuration: configuration, logger: log, time: time)
        let supervisor = Supervisor(
            kind: "daemon",
            command: command,
            input: api.input,
            output: api,
            logger: log,
            restartRule: FailureWindow(limits: limits),
            time: time
        )
        api.onFailure { [weak supervisor] why in supervisor?.restart(why, isSure: true) }
        self.api = api
        self.supervisor = supervisor
        self.time = time
    }

    /// From now on this is what is run. Another program has registered for nothing yet; the same one with other options
    /// is only restarted.
    func change(to command: ChildCommand) {
        let before = supervisor.command
        guard command != before else { return }
        if command.commandLine != before.commandLine {
            // By number, for the life that is ended now may still write, and the one that follows may begin at once.
            api.forgetRegistrations(ofLives: supervisor.status.starts)
        }
        supervisor.change(to: command)
    }

    /// The configuration has changed: the daemon is replaced if it has registered for any of it.
    func configurationHasChanged(_ isChanged: (DaemonRegistration) -> Bool) {
        guard let first = api.registrations.first(where: isChanged) else { return }
        supervisor.replace("\(LogText.escaped(first.description)) has changed")
    }

    var status: DaemonStatus {
        let (now, child) = (time.now(), supervisor.status)
        return DaemonStatus(
            process: child.shown(at: now, lastWords: api.lastWords),
            failures: child.failures,
            registrations: api.registrations.map { LogText.escaped($0.description) },
            lastError: api.lastError.map { Mishap($0.text, at: Timestamp.ago(now - $0.time)) }
        )
    }
}
