import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@Suite("Only what changed in the configuration is touched")
struct ReloadChangeTests {
    /// Two notifiers, of which only `subject` is ever changed, and what is true for them.
    private struct Case {
        var play: LivePlay
        var truth: Truth
        let steady: Account
        let subject: Account
        let pids: [String: Int32]

        init(
            _ options: String = "detail = change",
            command: String = "cat >> subject",
            daemons: String = "",
            seed: UInt64 = 1
        ) async throws {
            let stage = try Stage(state: CouchState(clock: TestClock.hurrying))
            truth = Truth(stage.state, seed: seed)
            for name in ["d", "e", "phoenix"] { try truth.create(name) }
            play = try await LivePlay(stage, ["steady", "subject"]) { configuration in
                configuration.notifiers["subject"] = command
                configuration.options["subject"] = options
                configuration.options["steady"] = "detail = change\nconfirm = no"
                if !daemons.isEmpty { configuration.options["subject"]? += "\n[os_daemons]\n\(daemons)" }
            }
            steady = Account(stage, "steady", isRich: true)
            subject = Account(stage, "subject", isRich: true)
            pids = ["steady": try await play.pid(of: "steady"), "subject": try await play.pid(of: "subject")]
        }

        /// Some of everything is written.
        mutating func write() throws {
            for _ in 0..<20 { try truth.writeSome(10, of: 100) }
            try truth.writeDesign()
            try truth.deleteSome()
            try truth.delete("phoenix")
            try truth.create("phoenix")
            try truth.write(["after"], in: "phoenix")
        }

        /// Writes, changes the configuration and writes on, without a pause.
        mutating func change(_ change: (inout LiveConfiguration) -> Void) async throws {
            try write()
            #expect(try await play.reload(change) == ["notifier subject: changed"])
            try write()
        }

        func expectSteady() async throws {
            try await play.wait(for: steady, truth)
            #expect(steady.faults.isEmpty && steady.repeats == 0, "\(steady.repeats) \(steady.faults.prefix(5))")
            #expect(try await play.pid(of: "steady") == pids["steady"])
            #expect(play.herald.log("notifier steady started").count == 1)
        }

        /// Every change was told, and none twice.
        func expectSubject() async throws {
            try await play.wait(for: subject, truth)
            #expect(subject.faults.isEmpty && subject.repeats == 0, "\(subject.repeats) \(subject.faults.prefix(5))")
        }
    }

    @Test(
        "These change without another process, and no line is lost or repeated",
        arguments: [
            "outbox = 64kB", "outbox = 100MB", "merge = never", "databases = d, e, phoenix", "since = now",
            "types = created, updated, ddoc_updated, deleted",
        ]
    )
    func told(key: String) async throws {
        var some = try await Case()
        for options in ["detail = change\n\(key)", "detail = change"] {
            try some.write()
            try await some.play.reload { $0.options["subject"] = options }
            try some.write()
        }
        try await some.expectSubject()
        try await some.expectSteady()
        #expect(try await some.play.pid(of: "subject") == some.pids["subject"])
        try await some.play.end()
    }

    @Test(
        "So do the limits of confirmation",
        arguments: ["window = 3", "confirm_timeout = 1h", "attempts = unlimited"]
    )
    func limits(key: String) async throws {
        let command = CatchingUpTests.sworn.replacing("sworn", with: "subject")
        var some = try await Case("detail = change\nconfirm = yes", command: command)
        try await some.change { $0.options["subject"] = "detail = change\nconfirm = yes\n\(key)" }
        try await some.expectSubject()
        try await some.expectSteady()
        #expect(try await some.play.pid(of: "subject") == some.pids["subject"])
        try await some.play.end()
    }

    @Test("Types, databases and detail apply to what comes from then on")
    func applied() async throws {
        var some = try await Case()
        try await some.play.wait(for: some.subject, some.truth)
        let lines = some.play.stage.lines("subject")
        try await some.play.reload { $0.options["subject"] = "detail = change\ntypes = deleted" }
        try some.truth.write(["silent"], in: "d")
        try await some.play.stage.lines("steady").waitForLine(containing: #""id":"silent""#)
        try await some.play.reload { $0.options["subject"] = "detail = change\ndatabases = e" }
        try some.truth.write(["unseen"], in: "d")
        try some.truth.write(["seen"], in: "e")
        try await lines.waitForLine(containing: #""id":"seen""#)
        try await some.play.reload { $0.options["subject"] = "databases = e" }
        try some.truth.write(["plain"], in: "e")
        try await lines.waitForLine(containing: #"{"type":"updated","db":"e"}"#)
        // What it did not want was not told; what came while it did not want the database is.
        try await some.play.reload { $0.options["subject"] = "detail = doc" }
        try await lines.waitForLine(containing: #""id":"unseen""#)
        #expect(!lines.lines.contains { $0.contains("silent") })
        #expect(lines.lines.contains { $0.contains("unseen") && $0.contains(#""doc":{"#) })
        try await some.expectSteady()
        #expect(try await some.play.pid(of: "subject") == some.pids["subject"])
        try await some.play.end()
    }

    @Test("The log's level and format change without touching anything")
    func log() async throws {
        var some = try await Case()
        try await some.play.reload { $0.herald = "log_level = error\nlog_format = json" }
        var isRefused = false
        do { try await some.play.reload { $0.options["subject"] = "detail = all" } } catch { isRefused = true }
        #expect(isRefused)
        try await some.play.herald.waitForLine(containing: #""level":"error","message":"the conf"#)
        try await some.play.reload { $0.options["subject"] = "detail = change" }
        try some.write()
        try await some.play.wait(for: some.steady, some.truth)
        let lines = some.play.herald.stderr.drop { !$0.hasPrefix("{") }
        #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.contains(#""level":"error""#) }, "\(lines)")
        try await some.play.reload { $0.herald = "" }
        try await some.expectSteady()
        #expect(try await some.play.pid(of: "subject") == some.pids["subject"])
        try await some.play.end()
    }

    @Test(
        "Another command, environment, folder or patience takes another process, and no line is lost or repeated",
        arguments: ["command", "environment = A=b", "working_directory = elsewhere", "stop_timeout = 7s"]
    )
    func replaced(what: String) async throws {
        var some = try await Case()
        let folder = some.play.stage.folder
        try folder.makeFolder("elsewhere")
        let command = "cat >> \(folder.path("subject"))"
        try await some.change { configuration in
            configuration.notifiers["subject"] = what == "command" ? "cat -u >> subject" : command
            if what != "command" { configuration.options["subject"] = "detail = change\n\(what)" }
        }
        try await some.expectSubject()
        try await some.expectSteady()
        let pid = try await some.play.pid(of: "subject")
        #expect(pid != some.pids["subject"])
        #expect(try await some.play.report().notifiers["subject"]?.process.starts == 2)
        if what.hasPrefix("environment") { #expect(RunningProcess(pid)?.environment["A"] == "b") }
        if what.hasPrefix("working") { #expect(RunningProcess(pid)?.workingDirectory == folder.path("elsewhere")) }
        try await some.play.end()
    }

    @Test("A process that reads nothing is replaced by one that gets all that the first has not read")
    func frozen() async throws {
        var some = try await Case("detail = change\nstop_timeout = 100ms\noutbox = 64kB")
        try await some.play.wait(for: some.subject, some.truth)
        let process = try await some.play.process(of: "subject")
        try await process.freeze()
        for _ in 0..<200 { try some.truth.writeSome(20, of: 5000) }
        try await some.play.wait(for: some.steady, some.truth)
        try await some.change { $0.notifiers["subject"] = "cat -u >> subject" }
        try await some.play.wait(for: some.subject, some.truth)
        #expect(some.subject.faults.isEmpty, "\(some.subject.faults.prefix(5))")
        try await some.expectSteady()
        try await some.play.end()
    }

    @Test("Confirming is switched on and off: that notifier is made anew, and what was not delivered comes")
    func confirming() async throws {
        var some = try await Case()
        let script = try some.play.stage.script(
            "sworn",
            #"while IFS= read -r line; do printf '%s\n' "$line" >> subject; echo ok; done"#
        )
        try await some.change { configuration in
            configuration.notifiers["subject"] = script
            configuration.options["subject"] = "detail = change\nconfirm = yes\nwindow = 10"
        }
        try await some.play.wait(for: some.subject, some.truth)
        try await some.change { configuration in
            configuration.notifiers["subject"] = "cat >> subject"
            configuration.options["subject"] = "detail = change"
        }
        try await some.play.wait(for: some.subject, some.truth)
        #expect(some.subject.faults.isEmpty, "\(some.subject.faults.prefix(5))")
        try await some.expectSteady()
        try await some.play.end()
    }

    @Test("Daemons that are not changed keep their process, whatever happens to notifiers")
    func daemons() async throws {
        var some = try await Case(daemons: "keeper = sleep 600\nother = sleep 601")
        let daemons = try await waitForValue("both daemons") {
            let daemons = try await some.play.report().daemons.compactMapValues(\.process.pid)
            return daemons.count == 2 ? daemons : nil
        }
        try await some.play.reload {
            $0.notifiers["more"] = "cat >> more"
            $0.options["subject"] = "detail = change\n[os_daemons]\nkeeper = sleep 600\nother = sleep 602"
        }
        try await eventually("the other one is another") {
            let pid = try await some.play.report().daemons["other"]?.process.pid
            return pid != nil && pid != daemons["other"]
        }
        #expect(try await some.play.report().daemons["keeper"]?.process.pid == daemons["keeper"])
        try await some.expectSteady()
        try await some.expectSubject()
        try await some.play.end()
    }

    @Test("One that is added begins as at a first start, one that is removed first reads what waits for it")
    func comesAndGoes() async throws {
        var some = try await Case()
        try some.write()
        try await some.play.reload { configuration in
            configuration.notifiers["new"] = "cat >> new"
            configuration.options["new"] = "detail = change"
        }
        try some.write()
        let new = Account(some.play.stage, "new", isRich: true)
        try await some.play.wait(for: new, some.truth)
        #expect(new.faults.isEmpty)
        let process = try await some.play.process(of: "subject")
        try await process.freeze()
        try some.write()
        try await some.play.wait(for: some.steady, some.truth)
        let truth = some.truth
        let changes = try await some.play.reload { configuration in
            configuration.notifiers["subject"] = nil
            configuration.options["subject"] = nil
        }
        #expect(changes == ["notifier subject: removed"])
        process.thaw()
        try await some.play.wait(for: some.subject, truth)
        try await eventually("it has left") {
            try await some.play.report().notifiers["subject"] == nil
        }
        #expect(some.play.herald.log("notifier subject exited with status 0").count == 1)
        try some.write()
        try await some.expectSteady()
        #expect(some.subject.repeats == 0)
        try await some.play.end()
    }
}
