import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@Suite("What the status tells of the service and the server")
struct ReportTests {
    private static func now() -> Double { Double(time(nil)) }

    @Test("Of the service: version, process, start, uptime, files; and the faults of the files, while it goes on")
    func service() async throws {
        let stage = try Stage()
        let play = try await stage.play([("a", stage.append("a"))], options: Stage.listening)
        let interface = try await Interface(play.herald, in: stage)
        let before = Self.now()
        let first = try await interface.status()
        let after = Self.now()
        let version = try HeraldProcess(["--version"])
        #expect(try await version.waitForExit() == .status(0))
        #expect(version.stdout == [first.herald.version])
        #expect(first.herald.pid == play.herald.pid)
        #expect(first.herald.configuration.files == [stage.folder.path("notifiers.ini")])
        #expect(first.herald.configuration.faults.isEmpty && first.herald.configuration.reloads == 0)
        let started = try #require(seconds(first.herald.started))
        #expect((before - 2...after + 2).contains(started + first.herald.uptime))
        #expect(seconds(first.herald.configuration.loaded) == started)
        let later = try await interface.waitForStatus("it runs for a second") {
            $0.herald.uptime >= first.herald.uptime + 1
        }
        #expect(later.herald.started == first.herald.started)

        let path = stage.folder.path("notifiers.ini")
        try writeFile(path, Array("[source]\nheartbeat = often\n".utf8), append: true)
        let number = LineFile(path).lines.count
        let refused = try await interface.ask("POST", "/_reload", by: .socket)
        #expect(refused.status == 422)
        let faulty = try await interface.status().herald.configuration
        #expect(faulty.faults.count == 1 && faulty.faults[0].hasPrefix("\(path):\(number): heartbeat: "), "\(faulty)")
        #expect(faulty.loaded == first.herald.configuration.loaded && faulty.reloads == 0)
        // Late, not down: what was in force is in force.
        #expect(try await interface.ask("GET", "/_up").body == #"{"status":"ok"}"# + "\n")
        try await play.end()
    }

    @Test(
        "Of the server: its kind and version, and whether its bell rings",
        arguments: [
            (Dialect.couchDB3, true, "CouchDB", "3.5.0", ServerStatus.Bell.rings),
            (.couchDB3, false, "CouchDB", "3.5.0", .missing), (.couchDB1, true, "CouchDB", "1.7.2", .rings),
            (.pouchDBServer, true, "PouchDB Server", "4.2.0", .missing),
        ]
    )
    func server(dialect: Dialect, hasBell: Bool, kind: String, version: String, bell: ServerStatus.Bell) async throws {
        let stage = try Stage()
        let play = try await stage.play([("a", stage.append("a"))], options: Stage.listening) {
            $0.dialect = dialect
            $0.bellEnabled = hasBell
        }
        let interface = try await Interface(play.herald, in: stage)
        let server = try await interface.waitForStatus("it is known whether there is a bell") {
            $0.server.bell == bell
        }.server
        #expect(server.state == .reachable && server.lastError == nil && server.url == play.server.url)
        #expect(server.kind == kind && server.version == version && server.uuid != nil)
        try await play.end()
    }

    @Test("A server that stops is told as unreachable with its last error, 503 at /_up; then as reachable again")
    func away() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let play = try await stage.play([("a", stage.append("a"))], options: Stage.listening)
        let interface = try await Interface(play.herald, in: stage)
        try await interface.waitForStatus("an open feed") { $0.databases["d"]?.feed == .open }
        #expect(try await interface.ask("GET", "/_up").status == 200)
        let port = play.server.port
        await play.server.stop()
        let away = try await interface.waitForStatus("unreachable") { $0.server.state == .unreachable }.server
        let error = try #require(away.lastError)
        #expect(!error.text.isEmpty && (Self.now() - 60...Self.now() + 60).contains(seconds(error.time) ?? 0))
        #expect(away.kind == "CouchDB" && away.bell != .rings)
        let up = try await interface.ask("GET", "/_up")
        #expect(up.status == 503 && up.body.hasPrefix(#"{"reasons":["server: cannot be reached: "#), "\(up.body)")
        #expect(up.body.hasSuffix(#"],"status":"down"}"# + "\n"))
        let server = try await stage.server(port: port)
        let back = try await interface.waitForStatus("reachable") {
            $0.server.state == .reachable && $0.server.bell == .rings && $0.databases["d"]?.feed == .open
        }
        #expect(back.databases["d"]?.reconnects ?? 0 >= 1)
        #expect(try await interface.ask("GET", "/_up").status == 200)
        play.herald.terminate()
        #expect(try await play.herald.waitForExit() == .status(0))
        await server.stop()
    }

    @Test("Of each database: the state of its feed, changes, the last row, reconnects and why")
    func databases() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        try stage.state.createDatabase("quiet")
        let server = try await stage.server()
        let proxy = try await FaultProxy(toward: server.port)
        let configuration = try stage.configuration(
            url: proxy.url,
            source: "databases = d, quiet, missing",
            notifiers: [("a", stage.append("a"))],
            more: Stage.listening,
            heartbeat: "30s"
        )
        let herald = try await stage.herald(configuration)
        let interface = try await Interface(herald, in: stage)
        var report = try await interface.waitForStatus("open feeds") {
            $0.databases["d"]?.feed == .open && $0.databases["quiet"]?.feed == .open
        }
        #expect(report.databases["d"] == DatabaseStatus(feed: .open))
        try await interface.waitForStatus("the missing one is known to be") { $0.databases["missing"]?.feed == .absent }
        _ = try stage.state.bulk((0..<250).map { (id: "x\($0)", body: "{}") }, in: "d")
        report = try await interface.waitForStatus("the changes") { $0.databases["d"]?.changes == 250 }
        let row = try #require(seconds(report.databases["d"]?.lastRow))
        #expect(abs(row - Self.now()) < 60)
        #expect(report.databases["quiet"]?.lastRow == nil && report.databases["quiet"]?.changes == 0)

        proxy.setRule { $0.path == "/d/_changes" ? .with { $0.unavailablePercent = 100 } : nil }
        await proxy.cutAll()
        report = try await interface.waitForStatus("a feed that waits") { $0.databases["d"]?.feed == .waiting }
        let waiting = try #require(report.databases["d"]?.lastError)
        #expect(!waiting.text.isEmpty && seconds(waiting.time) != nil)
        proxy.setRule(nil)
        report = try await interface.waitForStatus("open again") {
            $0.databases["d"]?.feed == .open && $0.databases["quiet"]?.feed == .open
        }
        #expect(report.databases["d"]?.reconnects ?? 0 >= 1 && report.databases["quiet"]?.reconnects ?? 0 >= 1)
        #expect(report.databases["d"]?.lastError != nil)
        // What was counted outlives the feed.
        try stage.state.put("y", in: "d")
        try await interface.waitForStatus("one more") { $0.databases["d"]?.changes == 251 }
        try stage.state.deleteDatabase("quiet")
        try await interface.waitForStatus("one less") { $0.databases["quiet"]?.feed == .absent }
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }

    @Test("Of the store: its folder, its size, the last save; and while nothing can be saved, why")
    func store() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let server = try await stage.server()
        let configuration = try stage.configuration(
            url: server.url,
            notifiers: [("a", "sh -c 'ulimit -S -f unlimited && exec \(stage.append("a"))'")],
            more: Stage.listening
        )
        // The store is made first, while there is room.
        let first = try await stage.herald(configuration)
        first.terminate()
        #expect(try await first.waitForExit() == .status(0))
        let herald = try await SmallDisk.herald(blocks: 64, configuration)
        let interface = try await Interface(herald, in: stage)
        try stage.state.put("x", in: "d")
        var store = try await interface.waitForStatus("a save") { $0.store.lastSave != nil }.store
        #expect(store.folder == stage.stateFolder && store.lastError == nil)
        #expect(abs(try #require(seconds(store.lastSave)) - Self.now()) < 60)
        let files = try namesInFolder(stage.stateFolder).filter { $0.hasPrefix("herald.sqlite") }
        let size = try files.reduce(0) { $0 + (try readFile("\(stage.stateFolder)/\($1)").count) }
        #expect(store.size > 0 && abs(Int(store.size) - size) <= 64 * 1024, "\(store.size), \(size)")

        for number in 0..<300 { try stage.state.createDatabase("db\(number)") }
        store = try await interface.waitForStatus("an error") { $0.store.lastError != nil }.store
        #expect(store.lastError?.text.contains("herald.sqlite") ?? false, "\(store)")
        #expect(try await interface.ask("GET", "/_up").body.contains("store: cannot be saved: "))
        try await SmallDisk.liftLimit(of: herald)
        store = try await interface.waitForStatus("saved again") { $0.store.lastError == nil }.store
        #expect(try #require(seconds(store.lastSave)) > 0)
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }
}
