import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("When the store fails")
struct StoreFaultTests {
    private static func stage() throws -> Stage {
        try Stage(state: CouchState(clock: TestClock.hurrying))
    }

    private static func configuration(
        _ stage: Stage,
        _ server: PocketCouch,
        herald: String = "state_dir = state"
    ) throws -> String {
        try stage.configuration(
            url: server.url,
            source: "since = 0",
            notifiers: ["plain", "rich"].map { (name: $0, command: unlimited(stage.append($0))) },
            more: "[herald]\n\(herald)\n[notifier:rich]\ndetail = change"
        )
    }

    /// A notifier has a disk of its own.
    private static func unlimited(_ command: String) -> String {
        "sh -c 'ulimit -S -f unlimited && exec \(command)'"
    }

    /// The one line with which `herald` gives up, and how it ends.
    private static func refusal(_ configuration: String) async throws -> (exit: HeraldProcess.Exit, line: String) {
        let herald = try HeraldProcess(["run", "-c", configuration])
        let exit = try await herald.waitForExit()
        let lines = herald.stderr.filter { !$0.contains(" info: ") }
        #expect(lines.count == 1, "\(lines)")
        return (exit, lines.first ?? "")
    }

    private static func stop(_ herald: HeraldProcess) async throws {
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
    }

    @Test("On a full disk it says so once and goes on telling; started again with room, it loses nothing")
    func fullDisk() async throws {
        let stage = try Self.stage()
        var truth = Truth(stage.state, seed: 1)
        let server = try await stage.server()
        for number in 0..<3 { try truth.create("db\(number)") }
        let configuration = try Self.configuration(stage, server)
        // The store is made first, while there is room.
        try await Self.stop(try await stage.herald(configuration))
        let before = stage.lines("rich").lines.count
        let limited = try await SmallDisk.herald(blocks: 128, configuration)
        var accounts = [Account(stage, "plain", isRich: false), Account(stage, "rich", isRich: true)]
        // Many databases have many cursors, which outgrow what little room there is.
        for number in 3..<300 { try truth.create("db\(number)") }
        for number in 0..<300 { try truth.write(["x", "_design/y"], in: "db\(number)") }
        let error = try await limited.waitForLine(containing: "cursors cannot be saved: ")
        #expect(error.contains("Z error: ") && error.contains("/state/herald.sqlite"), "\(error)")
        for number in 0..<300 { try truth.write(["z"], in: "db\(number)") }
        for account in accounts {
            try await eventually("\(account.name) has everything") {
                try account.missing(truth).isEmpty
            }
            #expect(account.faults.isEmpty, "\(account.faults.prefix(5))")
        }
        #expect(limited.log("cursors cannot be saved").count == 1)
        try await Self.stop(limited)

        // What was not saved comes again, and what came meanwhile comes.
        let told = stage.lines("rich").lines.count
        for number in 0..<300 { try truth.write(["last"], in: "db\(number)") }
        for name in ["plain", "rich"] { unlink(stage.folder.path(name)) }
        let again = try await stage.herald(configuration)
        try await stage.lines("rich").waitForLines(300)
        accounts = [Account(stage, "rich", isRich: true)]
        try await eventually("all 300 last changes are told") {
            Set(stage.lines("rich").lines.filter { $0.contains(#""id":"last""#) }).count == 300
        }
        #expect(told > before)
        try await Self.stop(again)
        await server.stop()
    }

    @Test("A disk that has room again is saved to again, and it says so")
    func roomAgain() async throws {
        let stage = try Self.stage()
        var truth = Truth(stage.state, seed: 1)
        let server = try await stage.server()
        try truth.create("d")
        let configuration = try Self.configuration(stage, server)
        try await Self.stop(try await stage.herald(configuration))
        let herald = try await SmallDisk.herald(blocks: 64, configuration)
        for number in 0..<300 {
            try truth.create("db\(number)")
            try truth.write(["x"], in: "db\(number)")
        }
        try await herald.waitForLine(containing: "cursors cannot be saved: ")
        try await SmallDisk.liftLimit(of: herald)
        try await herald.waitForLine(containing: "cursors are saved again")
        try await stage.lines("rich").waitForLines(601)
        try await Self.stop(herald)
        let count = stage.lines("rich").lines.count
        try truth.write(["after"], in: "d")
        let again = try await stage.herald(configuration)
        try await stage.lines("rich").waitForLines(count + 1)
        try await Self.stop(again)
        #expect(stage.lines("rich").lines.count == count + 1)
        await server.stop()
    }

    @Test("On a full disk a new database is told at once; one that begins now waits, and begins where it was found")
    func beginnings() async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        func configuration(_ databases: String) throws -> String {
            try stage.configuration(
                url: server.url,
                source: "databases = \(databases)",
                notifiers: [(name: "rich", command: Self.unlimited(stage.append("rich")))],
                more: "[herald]\nstate_dir = state\n[notifier:rich]\ndetail = change"
            )
        }
        // Of these nobody was told: they are chosen later. Their names alone outgrow what little room there is.
        let names = (100..<300).map { "d\($0)" + String(repeating: "x", count: 200) }
        for name in names { try stage.state.createDatabase(name) }
        try await Self.stop(try await stage.herald(try configuration("new*")))
        let herald = try await SmallDisk.herald(blocks: 64, try configuration("new*, d*"))
        try await herald.waitForLine(containing: "cursors cannot be saved: ")
        for number in 0..<3 {
            try stage.state.createDatabase("new\(number)")
            try await stage.lines("rich").waitForLine(
                containing: #"{"type":"created","db":"new\#(number)""#
            )
        }
        // The others have been found long since.
        #expect(stage.state.stats.openFeeds <= 3)
        for name in names { try stage.state.put("x", in: name) }
        try await SmallDisk.liftLimit(of: herald)
        try await stage.lines("rich").waitForLines(3 + names.count)
        let updated = stage.lines("rich").lines.filter { $0.hasPrefix(#"{"type":"updated""#) }
        #expect(updated.count == names.count)
        try await Self.stop(herald)
        await server.stop()
    }

    @Test(
        "A state folder that cannot be made or written is a clear error at the start",
        arguments: [
            ("/proc/herald", 74, "/proc/herald: "), ("/proc/self", 74, "/proc/"),
            ("notifiers.ini/state", 74, "notifiers.ini/state: "),
            ("missing/state", 74, "the folder above it is missing"),
            ("notifiers.ini", 78, "notifiers.ini is no folder"),
        ] as [(String, Int32, String)]
    )
    func unusable(folder: String, status: Int32, told: String) async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        let (exit, line) = try await Self.refusal(Self.configuration(stage, server, herald: "state_dir = \(folder)"))
        #expect(exit == .status(status))
        #expect(line.contains(told), "\(line)")
        #expect(line.contains("state_dir") || line.contains("let the user"), "\(line)")
        #expect(stage.lines("plain").lines.isEmpty && stage.state.stats.count(.root) == 0)
        await server.stop()
    }

    @Test("A store that cannot be made for want of room is a clear error, and the next start makes it")
    func noRoomAtStart() async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        try stage.state.createDatabase("d")
        let configuration = try Self.configuration(stage, server)
        let herald = try HeraldProcess(
            executable: "/bin/sh",
            [
                "-c", "trap '' XFSZ; ulimit -S -f 8; exec \"$0\" run -c \"$1\"", try HeraldProcess.binary(),
                configuration,
            ]
        )
        #expect(try await herald.waitForExit() == .status(74))
        let errors = herald.stderr.filter { !$0.contains(" info: ") }
        #expect(errors.count == 1 && errors[0].contains("/state/herald.sqlite"), "\(errors)")
        let again = try await stage.herald(configuration)
        try await stage.lines("plain").waitForLines(1)
        try await Self.stop(again)
        await server.stop()
    }

    @Test(
        "A store that was cut short, or is garbage, is refused, named, and left as it is; nothing is told meanwhile",
        arguments: ["empty", "cut", "garbage", "text", "middle"]
    )
    func damaged(how: String) async throws {
        let stage = try Self.stage()
        let server = try await stage.server()
        for number in 0..<50 { try stage.state.createDatabase("db\(number)") }
        let configuration = try Self.configuration(stage, server)
        let herald = try await stage.herald(configuration)
        for name in ["plain", "rich"] { try await stage.lines(name).waitForLines(50) }
        try await Self.stop(herald)
        let file = stage.folder.path("state/herald.sqlite")
        let whole = try readFile(file)
        var random = SeededGenerator(seed: 7)
        var bytes = whole
        switch how {
        case "empty": bytes = []
        case "cut": bytes = Array(whole.prefix(whole.count / 2))
        case "garbage": bytes = whole.map { _ in UInt8.random(in: 0...255, using: &random) }
        case "text": bytes = Array("this is no store\n".utf8)
        default:
            for index in 4096..<min(whole.count, 12_288) { bytes[index] = UInt8.random(in: 0...255, using: &random) }
        }
        try writeFile(file, bytes)
        try stage.state.put("x", in: "db0")
        let lines = stage.lines("plain").lines.count
        let (exit, line) = try await Self.refusal(configuration)
        #expect(exit == .status(74))
        #expect(line.contains("\(file): is damaged: ") && line.contains("restore a copy"), "\(line)")
        #expect(try readFile(file) == bytes)
        #expect(stage.lines("plain").lines.count == lines)
        // With the copy that it asks for it goes on.
        try writeFile(file, whole)
        let again = try await stage.herald(configuration)
        try await stage.lines("plain").waitForLines(lines + 1)
        try await Self.stop(again)
        #expect(stage.lines("plain").lines.dropFirst(lines) == [Notice.updated("db0")])
        await server.stop()
    }

    @Test("A store that is taken away while it runs is told of as an error, and the service goes on")
    func takenAway() async throws {
        let stage = try Self.stage()
        var truth = Truth(stage.state, seed: 1)
        let server = try await stage.server()
        try truth.create("d")
        let configuration = try Self.configuration(stage, server)
        let herald = try await stage.herald(configuration)
        let account = Account(stage, "rich", isRich: true)
        try await eventually("it is told") { try account.missing(truth).isEmpty }
        for name in try namesInFolder(stage.folder.path("state")) { unlink(stage.folder.path("state/\(name)")) }
        try await herald.waitForLine(containing: "was removed or replaced")
        for round in 0..<20 { try truth.write(["x\(round)"], in: "d") }
        try await eventually("it is told all") { try account.missing(truth).isEmpty }
        try await Self.stop(herald)
        // Nothing is left of the cursors: what there is comes again, from the configured beginning.
        unlink(stage.folder.path("rich"))
        let again = try await stage.herald(configuration)
        let afresh = Account(stage, "rich", isRich: true)
        try await eventually("it is told all") { try afresh.missing(truth).isEmpty }
        try await Self.stop(again)
        await server.stop()
    }
}
