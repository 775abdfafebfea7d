import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("A server that was restored from a backup")
struct BackupTests {
    private static func configuration(_ stage: Stage, _ server: PocketCouch) throws -> String {
        try stage.configuration(
            url: server.url,
            source: "since = 0",
            notifiers: [
                ("plain", stage.append("plain")), ("rich", stage.append("rich")),
                ("sworn", "tee -a sworn | sed -u 's/.*/ok/'"),
            ],
            more: "[notifier:rich]\ndetail = change\n[notifier:sworn]\ndetail = change\nconfirm = yes"
        )
    }

    private static func told(_ stage: Stage, _ name: String) -> [RichLine] {
        stage.lines(name).lines.map { line in
            let bytes = Array(line.utf8)
            return bytes.withUnsafeBytes { RichLine($0) }
        }
    }

    private static func stop(_ herald: HeraldProcess) async throws {
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
    }

    @Test("With everyone rewound to 0 while herald is stopped, all that is there is told; without, some is passed over")
    func rewound() async throws {
        let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
        let server = try await stage.server()
        try stage.state.createDatabase("d")
        _ = try stage.state.bulk((1...5).map { (id: "kept\($0)", body: "{}") }, in: "d")
        let backup = stage.state.snapshot()
        _ = try stage.state.bulk((1...5).map { (id: "lost\($0)", body: "{}") }, in: "d")
        let herald = try await stage.herald(Self.configuration(stage, server))
        for name in ["plain", "rich", "sworn"] { try await stage.lines(name).waitForLines(11) }
        try await Self.stop(herald)
        await server.stop()

        stage.state.restore(backup)
        _ = try stage.state.bulk((1...3).map { (id: "other\($0)", body: "{}") }, in: "d")
        let restored = try await stage.server()
        let configuration = try Self.configuration(stage, restored)
        // Not rewound, it stands at 10, and of what comes it hears from there on only.
        let blind = try await stage.herald(configuration)
        _ = try stage.state.bulk((4...8).map { (id: "other\($0)", body: "{}") }, in: "d")
        try await stage.lines("rich").waitForLines(14)
        #expect(Self.told(stage, "rich").dropFirst(11).map(\.id) == ["other6", "other7", "other8"])
        try await Self.stop(blind)

        let before = ["plain", "rich", "sworn"].map { stage.lines($0).lines.count }
        let rewind = try HeraldProcess(["rewind", "--all", "--to", "0", "-c", configuration])
        #expect(try await rewind.waitForExit() == .status(0))
        #expect(rewind.stdout.sorted() == ["plain", "rich", "sworn"].map { "\($0): 1 database rewound to 0" })
        let again = try await stage.herald(configuration)
        for (name, count) in zip(["plain", "rich", "sworn"], before) {
            try await stage.lines(name).waitForLines(count + 13)
        }
        try await Self.stop(again)
        let expected = (1...5).map { "kept\($0)" } + (1...8).map { "other\($0)" }
        for (name, count) in [("rich", before[1]), ("sworn", before[2])] {
            #expect(Self.told(stage, name).dropFirst(count).map(\.id) == expected)
        }
        #expect(stage.lines("plain").lines.dropFirst(before[0]).allSatisfy { $0 == Notice.updated("d") })
        await restored.stop()
    }

    @Test(
        "Where seqs are integers herald sees it by itself, running or stopped, and tells all that is there",
        arguments: [Dialect.couchDB1, .pouchDBServer],
        [true, false]
    )
    func integers(dialect: Dialect, isRunning: Bool) async throws {
        let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
        var server = try await stage.server { $0.dialect = dialect }
        let port = server.port
        try stage.state.createDatabase("d")
        _ = try stage.state.bulk((1...5).map { (id: "kept\($0)", body: "{}") }, in: "d")
        let backup = stage.state.snapshot()
        _ = try stage.state.bulk((1...5).map { (id: "lost\($0)", body: "{}") }, in: "d")
        let configuration = try Self.configuration(stage, server)
        var herald = try await stage.herald(configuration)
        for name in ["plain", "rich", "sworn"] { try await stage.lines(name).waitForLines(11) }
        if !isRunning { try await Self.stop(herald) }
        await server.stop()
        stage.state.restore(backup)
        _ = try stage.state.bulk((1...3).map { (id: "other\($0)", body: "{}") }, in: "d")
        server = try await stage.server(port: port) { $0.dialect = dialect }
        if !isRunning { herald = try await stage.herald(configuration) }
        for name in ["plain", "rich", "sworn"] {
            try await stage.lines(name).waitForLines(11 + 10)
        }
        try await Self.stop(herald)
        let expected = (1...5).map { "kept\($0)" } + (1...3).map { "other\($0)" }
        for name in ["rich", "sworn"] {
            let told = Self.told(stage, name).dropFirst(11)
            #expect(told.map(\.type).prefix(3) == ["deleted", "created", "updated"])
            #expect(told.dropFirst(2).map(\.id) == expected)
        }
        #expect(stage.lines("plain").lines.dropFirst(11).prefix(2) == [Notice.deleted("d"), Notice.created("d")])
        await server.stop()
    }
}
