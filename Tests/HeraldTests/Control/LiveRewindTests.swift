import Control
import Glibc
import Status
import Store
import TestSupport
import Testing

@Suite("herald rewind on the running service")
struct LiveRewindTests {
    @Test("The service that runs is asked, with what was meant, and what it did is told as without one")
    func asks() async throws {
        let service = try StubService()
        try await service.answer(#"{"databases":{"warmer":1,"in\u001bdexer":3}}"#)
        let all = try await service.herald("rewind", "--all", "--to", "0")
        #expect(all.exit == .status(0) && all.stderr.isEmpty)
        #expect(all.stdout == [#"in\u001Bdexer: 3 databases rewound to 0"#, "warmer: 1 database rewound to 0"])
        _ = try await service.herald("rewind", "indexer", "--to", "now")
        _ = try await service.herald("rewind", "indexer", "--database", "d", "--to", "12-g1AAA")
        #expect(service.requests.allSatisfy { $0.method == "POST" && $0.target == "/_rewind" })
        let asked = try service.requests.map { try StatusCoding.decode(RewindRequest.self, from: $0.body) }
        #expect(
            asked == [
                RewindRequest(name: nil, database: nil, to: "0"),
                RewindRequest(name: "indexer", database: nil, to: "now"),
                RewindRequest(name: "indexer", database: "d", to: #""12-g1AAA""#),
            ]
        )
        // What is sent must be read as what was meant.
        #expect(RewindTarget(#""12-g1AAA""#) == RewindTarget("12-g1AAA"))
    }

    @Test("What the service refuses is told with its reason, exit 1, and the store is left alone")
    func refused() async throws {
        let service = try StubService()
        try await service.answer(status: 404, #"{"error":"not_found","reason":"nobody named 'b' has cursors here"}"#)
        let ended = try await service.herald("rewind", "b", "--to", "0")
        #expect(ended.exit == .status(1) && ended.stdout.isEmpty)
        #expect(ended.stderr == ["nobody named 'b' has cursors here"])
        #expect(try namesInFolder(service.stateFolder) == ["control.sock"])
    }

    @Test("A service that goes away is told, and the store is left alone, exit 69")
    func goesAway() async throws {
        let service = try StubService()
        let store = try Store.open(service.stateFolder)
        store.close()
        try await service.answer { _ in .hangUp }
        let ended = try await service.herald("rewind", "--all", "--to", "0")
        #expect(ended.exit == .status(69) && ended.stdout.isEmpty && ended.stderr.count == 1)
    }

    @Test("Without a service the store is used, also where a killed one has left its socket, or by --state-dir alone")
    func stale() async throws {
        let service = try StubService()
        let store = try Store.open(service.stateFolder)
        try await store.save(
            StoreChanges(
                followers: [StoredFollower(id: 1, name: "a")],
                positions: [
                    "d": [
                        StoredPosition(database: "d", startTime: "1", seq: Array(#""5-a""#.utf8), followers: [1])
                    ]
                ]
            )
        )
        store.close()
        do { _ = try DatagramSocket(service.socket) }
        let ended = try await service.herald("rewind", "a", "--to", "0")
        #expect(ended.exit == .status(0) && ended.stdout == ["a: 1 database rewound to 0"])
        let named = try await Ended(["rewind", "a", "--to", "now", "--state-dir", service.stateFolder])
        #expect(named.exit == .status(0) && named.stdout == ["a: 1 database rewound to now"])
    }

    @Test("Faults of the configuration keep nobody from asking the service, but from using the store")
    func faults() async throws {
        let service = try StubService()
        try service.folder.write("notifiers.ini", "[herald]\nstate_dir = state\nlog_level = loud\n")
        let alone = try await service.herald("rewind", "--all", "--to", "0")
        #expect(alone.exit == .status(78) && alone.stderr.count >= 2)
        #expect(alone.stderr.contains { $0.hasPrefix("\(service.configuration):3: log_level") })
        try await service.answer(#"{"databases":{"a":1}}"#)
        let asked = try await service.herald("rewind", "--all", "--to", "0")
        #expect(asked.exit == .status(0) && asked.stdout == ["a: 1 database rewound to 0"])
    }
}
