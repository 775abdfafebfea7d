import Logging
import NIOConcurrencyHelpers
import TestSupport

@testable import Control

/// A control interface with a stub behind it, in a folder of its own.
final class Stage: Sendable {
    let folder: TemporaryFolder
    let service = StubService()
    let log = LogLines()
    let server: ControlServer

    init(
        folder: TemporaryFolder? = nil,
        tokenFile: String? = nil,
        limits: ControlServer.Limits = ControlServer.Limits()
    ) throws {
        self.folder = try folder ?? TemporaryFolder()
        let path = self.folder.path
        server = ControlServer(service, folder: path, tokenFile: tokenFile, limits: limits, logger: log.logger)
    }

    var token: String {
        get throws { String(try folder.read("token").dropLast()) }
    }

    var authorization: (name: String, value: String) {
        get throws { ("Authorization", "Bearer \(try token)") }
    }

    var port: Int {
        get async throws {
            guard let port = await server.address?.port else { throw TestFailure("it does not listen") }
            return port
        }
    }

    func tcp() async throws -> RawConnection { try RawConnection(port: await port) }
    func socket() throws -> RawConnection { try RawConnection(path: server.socketPath) }
}

/// Listens on a free port of 127.0.0.1 while the body runs.
func withStage(
    listen: ListenAddress? = ListenAddress(host: "127.0.0.1", port: 0),
    limits: ControlServer.Limits = ControlServer.Limits(),
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Stage) async throws -> Void
) async throws {
    let stage = try Stage(limits: limits)
    try await stage.server.start(listen: listen)
    do {
        try await body(stage)
    } catch {
        await stage.server.stop()
        throw error
    }
    await stage.server.stop()
}

/// What was logged.
final class LogLines: Sendable {
    private let kept = NIOLockedValueBox<[String]>([])

    /// Each with its level before it.
    var lines: [String] { kept.withLockedValue { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(log: self) }
    }

    private struct Handler: LogHandler {
        let log: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.kept.withLockedValue { $0.append("\(event.level) \(event.message)") }
        }
    }
}
