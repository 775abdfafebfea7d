import PocketCouch
import TestSupport

/// A server, the real `herald` before it, and a folder for what notifiers write: one test's world, gone with it.
final class Stage: Sendable {
    let folder: TemporaryFolder
    let state: CouchState

    init(state: CouchState = CouchState()) throws {
        folder = try TemporaryFolder()
        self.state = state
    }

    /// Starts the embedded server.
    func server(port: Int = 0, _ change: (inout PocketCouch.Configuration) -> Void = { _ in }) async throws
        -> PocketCouch
    {
        var configuration = PocketCouch.Configuration()
        configuration.port = port
        change(&configuration)
        guard port != 0 else {
            let server = PocketCouch(configuration, state: state)
            try await server.start()
            return server
        }
        // A child of another test that is just being spawned holds the last server's socket open until its exec.
        let server = try await waitForValue("port \(port) is free") {
            let server = PocketCouch(configuration, state: state)
            do {
                try await server.start()
                return server
            } catch {
                return nil as PocketCouch?
            }
        }
        return server
    }

    /// What a notifier named `name` has written by `cat >> FILE`.
    func lines(_ name: String) -> LineFile {
        LineFile(folder.path(name))
    }

    /// A notifier command that appends what it reads to a file of its own.
    func append(_ name: String) -> String {
        "cat >> \(folder.path(name))"
    }

    /// The configuration for a server at `url`: quick heartbeats and rescans, and whatever else is said.
    func configuration(
        url: String,
        source: String = "",
        notifiers: [(name: String, command: String)],
        more: String = "",
        heartbeat: String = "1s",
        rescan: String = "200ms"
    ) throws -> String {
        let commands = notifiers.map { "\($0.name) = \($0.command)" }.joined(separator: "\n")
        return try folder.write(
            "notifiers.ini",
            """
            [herald]
            listen =
            log_level = debug
            [source]
            url = \(url)
            heartbeat = \(heartbeat)
            rescan = \(rescan)
            \(source)
            [update_notification]
            \(commands)
            \(more)

            """
        )
    }

    /// Starts `herald run` and waits until it knows which databases there are.
    func herald(_ configuration: String, environment: [String: String] = [:]) async throws -> HeraldProcess {
        let herald = try HeraldProcess(["run", "-c", configuration], environment: environment)
        try await herald.waitForLine(containing: "databases on the server")
        return herald
    }
}

/// Notices as they are read, byte for byte but the line feed.
enum Notice {
    static func created(_ database: String) -> String { #"{"type":"created","db":"\#(database)"}"# }
    static func updated(_ database: String) -> String { #"{"type":"updated","db":"\#(database)"}"# }
    static func deleted(_ database: String) -> String { #"{"type":"deleted","db":"\#(database)"}"# }
    static func designUpdated(_ database: String, _ id: String) -> String {
        #"{"type":"ddoc_updated","db":"\#(database)","id":"\#(id)"}"#
    }
}
