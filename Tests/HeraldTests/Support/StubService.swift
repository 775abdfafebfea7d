import NIOConcurrencyHelpers
import Status
import TestSupport

/// A folder with a configuration, and something that answers as the service does on the socket in its `state_dir`.
final class StubService: Sendable {
    let folder: TemporaryFolder
    private let replayer = NIOLockedValueBox<WireReplayer?>(nil)

    var configuration: String { folder.path("notifiers.ini") }
    var stateFolder: String { folder.path("state") }
    var socket: String { folder.path("state/control.sock") }
    var requests: [WireRequest] { replayer.withLockedValue { $0?.requests ?? [] } }

    /// Nobody listens yet.
    init() throws {
        folder = try TemporaryFolder()
        try folder.makeFolder("state")
        try folder.write("notifiers.ini", "[herald]\nstate_dir = state\n[update_notification]\na = cat\n")
    }

    /// Begins to answer.
    func answer(_ answer: @escaping @Sendable (WireRequest) async -> WireReplayer.Answer) async throws {
        let replayer = try await WireReplayer(unixSocket: socket, answer: answer)
        self.replayer.withLockedValue { $0 = replayer }
    }

    /// Begins to answer everything with this.
    func answer(status: Int = 200, _ body: String) async throws {
        try await answer { _ in .json(status: status, body) }
    }

    /// Begins to answer everything with this report.
    func answer(_ report: StatusReport) async throws {
        try await answer(String(decoding: try StatusCoding.encode(report), as: UTF8.self))
    }

    /// Runs `herald` with these arguments and the configuration to its end.
    func herald(_ arguments: String..., environment: [String: String] = [:]) async throws -> Ended {
        try await Ended(arguments + ["-c", configuration], environment: environment)
    }
}

/// What `herald` has written, and how it ended.
struct Ended {
    let exit: HeraldProcess.Exit
    let stdout: [String]
    let stderr: [String]

    init(
        _ arguments: [String],
        environment: [String: String] = [:],
        workingDirectory: String? = nil
    ) async throws {
        // How wide the terminal is of whoever runs the tests must not matter.
        let environment = ["COLUMNS": "", "STATE_DIRECTORY": ""].merging(environment) { $1 }
        let herald = try HeraldProcess(arguments, environment: environment, workingDirectory: workingDirectory)
        exit = try await herald.waitForExit()
        stdout = herald.stdout
        stderr = herald.stderr
    }
}
