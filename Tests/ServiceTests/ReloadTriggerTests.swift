import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@Suite("When the configuration is read again")
struct ReloadTriggerTests {
    private static let changed = "the configuration has changed: notifier b: added"

    private static func play() async throws -> LivePlay {
        let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
        try stage.state.createDatabase("d")
        return try await LivePlay(stage, ["a"])
    }

    /// What is written from now on reaches both.
    private static func expectBoth(_ play: LivePlay) async throws {
        try play.stage.state.put("both", in: "d")
        for name in ["a", "b"] {
            try await play.stage.lines(name).waitForLine(containing: #""id":"both""#)
        }
        #expect(play.herald.log("notifier a started").count == 1)
    }

    @Test("At SIGHUP")
    func hangup() async throws {
        var play = try await Self.play()
        play.configuration.notifiers["b"] = "cat >> b"
        play.configuration.options["b"] = "detail = change"
        try play.write()
        play.herald.send(signal: SIGHUP)
        try await play.herald.waitForLine(containing: "SIGHUP: reading the configuration again")
        try await play.herald.waitForLine(containing: Self.changed)
        try await Self.expectBoth(play)
        try await play.end()
    }

    @Test("When told by 'herald reload', which shows what changes, and what is wrong")
    func command() async throws {
        var play = try await Self.play()
        play.configuration.notifiers["b"] = "cat >> b"
        play.configuration.options["b"] = "detail = change"
        try play.write()
        let reload = try HeraldProcess(["reload", "-c", play.path])
        #expect(try await reload.waitForExit() == .status(0))
        // The watch over the files may have been quicker.
        #expect([["notifier b: added"], ["nothing has changed"]].contains(reload.stdout))
        #expect(play.herald.log("the configuration has changed: notifier b: added").count == 1)
        try await Self.expectBoth(play)
        let again = try HeraldProcess(["reload", "-c", play.path])
        #expect(try await again.waitForExit() == .status(0))
        #expect(again.stdout == ["nothing has changed"])

        play.configuration.options["b"] = "detail = everything"
        try play.write()
        let wrong = try HeraldProcess(["reload", "-c", play.path])
        #expect(try await wrong.waitForExit() == .status(78))
        #expect(wrong.stdout.isEmpty && wrong.stderr.contains { $0.contains("\(play.path):") && $0.contains("detail") })
        try await play.end()
    }

    @Test(
        "Soon after the file was written",
        arguments: ["in place", "as another file, renamed", "by a new link to it"]
    )
    func file(how: String) async throws {
        var play = try await Self.play()
        let folder = play.stage.folder
        play.configuration.notifiers["b"] = "cat >> b"
        play.configuration.options["b"] = "detail = change"
        let start = ContinuousClock.now
        switch how {
        case "in place": try play.write()
        case "as another file, renamed":
            let other = try folder.write("notifiers.ini~", play.configuration.text)
            try #require(rename(other, play.path) == 0)
        default:
            let other = try folder.write("other", play.configuration.text)
            let link = folder.path("link")
            try #require(symlink(other, link) == 0 && rename(link, play.path) == 0)
        }
        try await play.herald.waitForLine(containing: Self.changed)
        // Two seconds are promised to who has a processor at hand; here many tests share few.
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(play.herald.log("the configuration's files have changed").count == 1)
        try await Self.expectBoth(play)
        try await play.end()
    }

    @Test("When a folder gains a file, and when it loses one")
    func folder() async throws {
        let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
        try stage.state.createDatabase("d")
        let server = try await stage.server()
        let folder = try stage.folder.makeFolder("conf.d")
        let main = LiveConfiguration(
            url: server.url,
            notifiers: ["a": "cat >> ../a"],
            options: ["a": "detail = change"]
        )
        try stage.folder.write("conf.d/10.ini", main.text)
        try stage.folder.write("conf.d/notes.txt", "no configuration")
        let herald = try await stage.herald(folder)
        try stage.folder.write("conf.d/20.ini", "[update_notification]\nb = cat >> ../b\n")
        try await herald.waitForLine(containing: Self.changed)
        try await stage.lines("b").waitForLines(1)
        unlink(stage.folder.path("conf.d/20.ini"))
        try await herald.waitForLine(containing: "changed: notifier b: removed")
        try await herald.waitForLine(containing: "notifier b exited")
        #expect(herald.log("notifier a started").count == 1)
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }

    @Test("Several writes in quick succession are read once, as the last one left it")
    func burst() async throws {
        var play = try await Self.play()
        var longestPause = Duration.zero
        var last = ContinuousClock.now
        for number in 1...20 {
            play.configuration.notifiers["b\(number)"] = "cat >> b"
            if number < 20 {
                try play.stage.folder.write("notifiers.ini", String(play.configuration.text.prefix(150 + number)))
            } else {
                try play.write()
            }
            longestPause = max(longestPause, .now - last)
            last = .now
            // The pace of what is written; nothing is waited for.
            try await Task.sleep(for: .milliseconds(10))
        }
        try await play.herald.waitForLine(containing: "notifier b20: added")
        let notifiers = try await play.report().notifiers.keys.filter { $0.hasPrefix("b") }
        #expect(notifiers.count == 20)
        // A machine that stood still for so long has let things come to rest in between.
        if longestPause < .milliseconds(150) {
            #expect(play.herald.log("the configuration has changed: ").count == 1)
            #expect(play.herald.log("the configuration has faults").isEmpty)
            #expect(try await play.report().herald.configuration.reloads == 1)
        }
        try await play.end()
    }

    @Test("What was read because somebody asked for it is not read again because it has changed")
    func once() async throws {
        var play = try await Self.play()
        var longest = Duration.zero
        for number in 1...3 {
            let start = ContinuousClock.now
            try await play.reload { $0.notifiers["b\(number)"] = "cat >> b" }
            longest = max(longest, .now - start)
        }
        play.configuration.notifiers["b4"] = "cat >> b"
        try play.write()
        try await play.herald.waitForLine(containing: "notifier b4: added")
        // Where the machine is so busy the watch may have come before the question.
        if longest < .milliseconds(380) {
            #expect(play.herald.log("the configuration's files have changed").count == 1)
        }
        try await play.end()
    }

    @Test("Two that tell it at once are answered both, and it is changed once")
    func twice() async throws {
        var play = try await Self.play()
        play.configuration.notifiers["b"] = "cat >> b"
        play.configuration.options["b"] = "detail = change"
        try play.write()
        let live = play
        async let first = ReloadTriggerTests.reloaded(live)
        async let second = ReloadTriggerTests.reloaded(live)
        let answers = try await [first, second].sorted { $0.count > $1.count }
        // The watch over the files may have been quicker than both.
        #expect([[["notifier b: added"], []], [[], []]].contains(answers))
        #expect(try await play.report().herald.configuration.reloads == 1)
        try await Self.expectBoth(play)
        try await play.end()
    }

    private static func reloaded(_ play: LivePlay) async throws -> [String] {
        var play = play
        return try await play.reload()
    }
}
