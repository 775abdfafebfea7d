import Processes
import Settings

/// How notifiers and daemons are run: with the service's environment, their name, and their own variables.
struct ChildCommands: Sendable {
    /// The service's own environment.
    let environment: [String: String]

    func command(of notifier: NotifierSettings) -> ChildCommand {
        command(of: notifier, nameVariable: "HERALD_NOTIFIER")
    }

    func command(of daemon: DaemonSettings) -> ChildCommand {
        command(of: daemon, nameVariable: "HERALD_DAEMON")
    }

    /// A service that is itself a child of one has its own name there.
    private static let nameVariables: Set<String> = ["HERALD_NOTIFIER", "HERALD_DAEMON"]

    private func command(of child: some ChildSettings, nameVariable: String) -> ChildCommand {
        ChildCommand(
            name: child.name,
            commandLine: child.command,
            environment: ChildEnvironment.make(
                inherited: environment,
                extra: [(nameVariable, child.name)] + child.environment.map { ($0.name, $0.value) },
                firstOnPath: Machine.programFolder(),
                withheld: ChildEnvironment.credentials.union(ServiceManager.variables).union(Self.nameVariables)
            ),
            workingDirectory: child.workingDirectory,
            stopTimeout: child.stopTimeout
        )
    }
}
