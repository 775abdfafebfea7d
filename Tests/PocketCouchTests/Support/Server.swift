@testable import PocketCouch

/// Runs the body against a listening server, and stops it.
func withServer(
    _ configuration: PocketCouch.Configuration = .init(),
    state: CouchState = CouchState(),
    isolation: isolated (any Actor)? = #isolation,
    _ body: (PocketCouch) async throws -> Void
) async throws {
    let server = PocketCouch(configuration, state: state)
    try await server.start()
    do {
        try await body(server)
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

extension PocketCouch.Configuration {
    /// The admin and the user of the recordings.
    static var recorded: Self {
        var configuration = Self()
        configuration.admin = .init(name: "admin", password: "secret")
        configuration.users = [.init(name: "bob", password: "pw", databases: [])]
        return configuration
    }
}

let adminFields = [("Authorization", "Basic YWRtaW46c2VjcmV0")]
let jsonFields = [("Content-Type", "application/json")]
