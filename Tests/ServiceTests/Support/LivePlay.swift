import Control
import Glibc
import PocketCouch
import Status
import TestSupport

@testable import herald

/// What the file of a running herald says, to be changed piece by piece.
struct LiveConfiguration {
    var herald = ""
    var url: String
    var source = "since = 0"
    var heartbeat = "1s"
    /// Commands by name.
    var notifiers: [String: String] = [:]
    /// What stands in `[notifier:NAME]`.
    var options: [String: String] = [:]

    var text: String {
        let sections = options.sorted { $0.key < $1.key }.map { "[notifier:\($0.key)]\n\($0.value)\n" }
        let commands = notifiers.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }
        return """
            [herald]
            listen =
            log_level = debug
            \(herald)
            [source]
            url = \(url)
            heartbeat = \(heartbeat)
            rescan = 200ms
            \(source)
            [update_notification]
            \(commands.joined())
            \(sections.joined())
            """
    }
}

/// An embedded server with the real `herald` before it, whose configuration is changed while it runs.
struct LivePlay {
    let stage: Stage
    let server: PocketCouch
    let herald: HeraldProcess
    var configuration: LiveConfiguration
    /// The file with the configuration.
    let path: String

    /// Starts both; returns when herald knows which databases there are. The notifiers write into files of their names.
    init(
        _ stage: Stage,
        _ notifiers: [String],
        environment: [String: String] = [:],
        server options: PocketCouch.Configuration = PocketCouch.Configuration(),
        _ prepare: (inout LiveConfiguration) throws -> Void = { _ in }
    ) async throws {
        self.stage = stage
        server = try await stage.server { $0 = options }
        var configuration = LiveConfiguration(url: server.url)
        for name in notifiers {
            configuration.notifiers[name] = "cat >> \(name)"
            configuration.options[name] = "detail = change"
        }
        try prepare(&configuration)
        self.configuration = configuration
        path = try stage.folder.write("notifiers.ini", configuration.text)
        herald = try await stage.herald(path, environment: environment)
    }

    private var control: ControlClient { ControlClient(folder: stage.folder.path("herald-state")) }

    /// Writes the configuration as it is by now into its file, and nothing more.
    func write() throws {
        try stage.folder.write("notifiers.ini", configuration.text)
    }

    /// Changes the configuration and has it read.
    ///
    /// - Returns: What has changed, as herald says.
    @discardableResult
    mutating func reload(_ change: (inout LiveConfiguration) throws -> Void = { _ in }) async throws -> [String] {
        try change(&configuration)
        try write()
        return try await reloadOnly()
    }

    /// Has it read as it is.
    func reloadOnly() async throws -> [String] {
        try await control.reload().changes
    }

    /// What herald says of itself.
    func report() async throws -> StatusReport {
        try ControlClient.report(from: try await control.status())
    }

    /// The process of the notifier, once there is one.
    func pid(of name: String) async throws -> Int32 {
        try await waitForValue("a process of \(name)") {
            let process = try await report().notifiers[name]?.process
            return process?.state == .running ? process?.pid : nil
        }
    }

    /// The process of the notifier, once it is the program `program` and no shell any more.
    func process(of name: String, running program: String = "cat") async throws -> RunningProcess {
        try await waitForValue("\(program) as the notifier \(name)") {
            guard let pid = try await report().notifiers[name]?.process.pid else { return nil }
            return RunningProcess(pid).flatMap { $0.program == program ? $0 : nil }
        }
    }

    /// Waits until the notifier was told all that is true.
    func wait(for account: Account, _ truth: Truth) async throws {
        do {
            try await eventually("\(account.name) has everything", every: .milliseconds(20)) {
                try account.missing(truth).isEmpty
            }
        } catch {
            let missing = try account.missing(truth).prefix(20)
            throw TestFailure("\(error): it lacks \(missing); \(account.faults.prefix(5))\n\(herald.transcript)")
        }
    }

    /// Stops all in order, which has to succeed.
    func end() async throws {
        herald.terminate()
        let exit = try await herald.waitForExit()
        guard exit == .status(0) else { throw TestFailure("\(exit): \(herald.transcript)") }
        await server.stop()
    }
}
