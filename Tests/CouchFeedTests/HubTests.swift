import Curl
import Logging
import Store
import TestSupport
import Testing

@testable import CouchFeed

@Suite("The hub's databases")
@CurlLoop
struct HubTests {
    @Test("One that was forgotten takes nothing along of one that has come under its name since")
    func forgotten() async throws {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let keeper = CursorKeeper(
            store: store,
            contents: try await store.contents(),
            members: [CursorKeeper.Member(name: "a")],
            forgetAfter: .seconds(3600),
            log: log
        )
        // Never started: it asks nobody.
        let hub = await Hub(
            address: ServerAddress(url: "http://127.0.0.1:1"),
            options: HubOptions(selects: { _ in true }),
            followers: [KeepingFollower()],
            keeper: keeper,
            memory: .of(keeper),
            log: log,
            foundWrongServer: { _ in }
        )
        let first = try #require(hub.known("d"))
        _ = first.machine.look()
        hub.act(first.machine.missing(), on: first)
        #expect(hub.databases.isEmpty)
        let second = try #require(hub.known("d"))
        // Whoever was detached from the first one looks after it yet.
        hub.act([], on: first)
        #expect(hub.databases["d"] === second)
        store.close()
    }
}
