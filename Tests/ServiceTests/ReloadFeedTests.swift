import PocketCouch
import Status
import TestSupport
import Testing

@Suite("Feeds while notifiers come and go")
struct ReloadFeedTests {
    private static let databases = (0..<30).map { "d\($0)" }
    /// So that no feed that a busy machine lets starve is taken for silent.
    private static let heartbeat = "1m"

    private static func stage() throws -> (Stage, Truth) {
        let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
        var truth = Truth(stage.state, seed: 1)
        for name in databases { try truth.create(name) }
        return (stage, truth)
    }

    private static func waitForFeeds(_ stage: Stage, _ count: Int) async throws {
        try await eventually("\(count) feeds are open") { stage.state.stats.openFeeds == count }
    }

    @Test(
        "A notifier that comes, chooses other databases, or goes has no feed opened again; who stays is told all once"
    )
    func stayOpen() async throws {
        var (stage, truth) = try Self.stage()
        var play = try await LivePlay(stage, ["steady"]) { $0.heartbeat = Self.heartbeat }
        let steady = Account(stage, "steady", isRich: true)
        try await Self.waitForFeeds(stage, 30)
        let choices = [
            (options: "detail = change\nsince = now", prefix: "d"),
            (options: "detail = change\nsince = now\ndatabases = d1*", prefix: "d1"),
            (options: "detail = change\nsince = now\nmerge = never", prefix: "d"),
            (options: "detail = change\nsince = 0\ndatabases = d2*", prefix: "d2"),
        ]
        for (round, choice) in choices.enumerated() {
            try await play.reload { configuration in
                configuration.notifiers["other"] = "cat >> other"
                configuration.options["other"] = choice.options
            }
            // Again and again: where "now" is is found out in its own time.
            try await eventually("the other is told in round \(round)", every: .milliseconds(200)) {
                for name in Self.databases { try truth.write(["x\(round)"], in: name) }
                let told = stage.lines("other").lines.filter { $0.contains("\"x\(round)\"") }
                return Self.databases.filter { $0.hasPrefix(choice.prefix) }.allSatisfy { name in
                    told.contains { $0.contains("\"\(name)\"") }
                }
            }
        }
        try await play.reload { configuration in
            configuration.notifiers["other"] = nil
            configuration.options["other"] = nil
        }
        for name in Self.databases { try truth.write(["last"], in: name) }
        try await play.wait(for: steady, truth)
        #expect(steady.faults.isEmpty && steady.repeats == 0, "\(steady.repeats) \(steady.faults.prefix(5))")
        let report = try await play.report()
        #expect(report.databases.count == 30 && report.databases.values.allSatisfy { $0.reconnects == 0 })
        #expect(play.herald.log("notifier steady started").count == 1)
        try await play.end()
    }

    @Test("Only for documents are feeds opened anew, from where they stand")
    func documents() async throws {
        var (stage, truth) = try Self.stage()
        var play = try await LivePlay(stage, ["steady"]) { $0.heartbeat = Self.heartbeat }
        let steady = Account(stage, "steady", isRich: true)
        try await Self.waitForFeeds(stage, 30)
        for options in ["detail = doc\nsince = now\ndatabases = d1*", "detail = change"] {
            try await play.reload { configuration in
                configuration.notifiers["other"] = "cat >> other"
                configuration.options["other"] = options
            }
            for name in Self.databases {
                try truth.writeSome(20, of: 100)
                try truth.write(["x"], in: name)
            }
        }
        try await play.wait(for: steady, truth)
        #expect(steady.faults.isEmpty && steady.repeats == 0, "\(steady.repeats) \(steady.faults.prefix(5))")
        let databases = try await play.report().databases
        let reopened = databases.filter { $0.value.reconnects > 0 }.map(\.key)
        #expect(reopened.sorted() == Self.databases.filter { $0.hasPrefix("d1") }.sorted())
        try await play.end()
    }

    @Test(
        "The feed of a database that nobody wants any more is closed, and what was missed comes when one wants it again"
    )
    func unwanted() async throws {
        var (stage, truth) = try Self.stage()
        var play = try await LivePlay(stage, ["steady"]) { $0.heartbeat = Self.heartbeat }
        let steady = Account(stage, "steady", isRich: true)
        try await play.wait(for: steady, truth)
        try await Self.waitForFeeds(stage, 30)
        try await play.reload { $0.options["steady"] = "detail = change\ndatabases = d1*" }
        try await Self.waitForFeeds(stage, 11)
        for name in Self.databases { try truth.write(["missed"], in: name) }
        try truth.delete("d29")
        try truth.delete("d28")
        try truth.create("d28")
        try await play.reload { $0.options["steady"] = "detail = change" }
        try await play.wait(for: steady, truth)
        #expect(steady.faults.isEmpty && steady.repeats == 0, "\(steady.repeats) \(steady.faults.prefix(5))")
        #expect(steady.lifeLines["d28"] == ["created", "deleted", "created"])
        #expect(steady.lifeLines["d29"] == ["created", "deleted"])
        try await Self.waitForFeeds(stage, 29)
        try await play.end()
    }

    @Test("One that comes and begins now waits for a disk that is full, which holds up no feed of others")
    func fullDisk() async throws {
        var (stage, truth) = try Self.stage()
        let server = try await stage.server()
        var configuration = LiveConfiguration(url: server.url)
        configuration.heartbeat = Self.heartbeat
        // A notifier has a disk of its own.
        func command(_ name: String) -> String { "sh -c 'ulimit -S -f unlimited && exec cat >> \(name)'" }
        configuration.notifiers["steady"] = command("steady")
        configuration.options["steady"] = "detail = change"
        let path = try stage.folder.write("notifiers.ini", configuration.text)
        // The store is made while there is room.
        let first = try await stage.herald(path)
        try await Self.waitForFeeds(stage, 30)
        first.terminate()
        #expect(try await first.waitForExit() == .status(0))
        let herald = try await SmallDisk.herald(blocks: 64, path)
        for number in 100..<400 { try truth.create("d\(number)") }
        try await herald.waitForLine(containing: "cursors cannot be saved: ")
        configuration.notifiers["new"] = command("new")
        configuration.options["new"] = "detail = change\nsince = now"
        try stage.folder.write("notifiers.ini", configuration.text)
        try await herald.waitForLine(containing: "notifier new: added")
        try await herald.waitForLine(containing: "notifier new started")
        for name in Self.databases { try truth.write(["while full"], in: name) }
        let steady = Account(stage, "steady", isRich: true)
        try await eventually("the steady one has everything") { try steady.missing(truth).isEmpty }
        #expect(steady.faults.isEmpty)
        #expect(stage.lines("new").lines.isEmpty)
        try await SmallDisk.liftLimit(of: herald)
        try await herald.waitForLine(containing: "cursors are saved again")
        // Again and again: where "now" is is found out in its own time.
        try await eventually("the new one is told what came since it is there", every: .milliseconds(200)) {
            for name in Self.databases { try truth.write(["after"], in: name) }
            let told = stage.lines("new").lines.filter { $0.contains(#""id":"after""#) }
            return Self.databases.allSatisfy { name in told.contains { $0.contains("\"\(name)\"") } }
        }
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }
}
