import Daemons
import Glibc
import Logging
import Processes
import Settings
import Status
import TestSupport

/// Daemons that are real processes, in a folder of their own in which they run.
final class House: Sendable {
    let folder: TemporaryFolder
    let daemons: Daemons

    /// Starts the daemons of a configuration.
    init(_ configuration: String) async throws {
        SignalDefaults.ignoreBrokenPipes()
        folder = try TemporaryFolder()
        let settings = try Self.settings(configuration, in: folder)
        daemons = Daemons(
            settings,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            command: { daemon in
                ChildCommand(
                    name: daemon.name,
                    commandLine: daemon.command,
                    environment: ChildEnvironment.make(
                        inherited: ChildEnvironment.ofThisProcess(),
                        extra: daemon.environment.map { ($0.name, $0.value) }
                    ),
                    workingDirectory: daemon.workingDirectory,
                    stopTimeout: daemon.stopTimeout
                )
            },
            spawn: { work in Task { await work() } }
        )
        await daemons.apply(settings)
    }

    private static func settings(_ configuration: String, in folder: TemporaryFolder) throws -> HeraldSettings {
        try HeraldSettings.interpret(
            [(file: "a.ini", folder: folder.path, bytes: Array(configuration.utf8))],
            environment: [:]
        )
    }

    /// The configuration is this from now on.
    func apply(_ configuration: String) async throws {
        await daemons.apply(try Self.settings(configuration, in: folder))
    }

    func lines(_ name: String) -> LineFile {
        LineFile(folder.path(name))
    }

    /// How it is with a daemon that there is.
    func status(_ name: String) async throws -> DaemonStatus {
        guard let status = await daemons.status[name] else { throw TestFailure("there is no daemon \(name)") }
        return status
    }

    /// Waits until its start number `start` was made and it runs, and gives its process.
    @discardableResult
    func pid(_ name: String, start: Int = 1) async throws -> Int32 {
        try await waitForValue("start \(start) of \(name)") {
            guard let process = await self.daemons.status[name]?.process else { return nil }
            return process.state == .running && process.starts == start ? process.pid : nil
        }
    }

    func waitUntilHalted(_ name: String) async throws {
        try await eventually("\(name) is halted") {
            await self.daemons.status[name]?.process.state == .halted
        }
    }

    func waitForRegistrations(of name: String, _ expected: [String]) async throws {
        try await eventually("\(name) has registered for \(expected)") {
            await self.daemons.status[name]?.registrations == expected
        }
    }

    /// Kills start number `start` of a daemon, once it runs.
    func kill(_ name: String, start: Int) async throws {
        Glibc.kill(try await pid(name, start: start), SIGKILL)
    }
}

/// Whether there is such a process.
func exists(_ pid: Int32) -> Bool {
    kill(pid, 0) == 0
}
