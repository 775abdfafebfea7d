import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@testable import herald

@Suite("Reloads while something else is under way")
struct ReloadStopTests {
    private static func stage() throws -> Stage {
        try Stage(state: CouchState(clock: TestClock.hurrying))
    }

    @Test("One that is removed and put back while it still stops is started when it has, and gets what it missed")
    func putBack() async throws {
        let stage = try Self.stage()
        var truth = Truth(stage.state, seed: 1)
        for name in ["d", "phoenix"] { try truth.create(name) }
        // It takes its time to end when its stdin has.
        let script = try stage.script(
            "late",
            "cat >> late; touch over; while ! [ -e go ]; do sleep 0.02; done; echo >> ended"
        )
        var play = try await LivePlay(stage, ["a", "late"]) {
            $0.notifiers["late"] = script
            $0.options["late"] = "detail = change\nstop_timeout = 60s"
        }
        let accounts = ["a", "late"].map { Account(stage, $0, isRich: true) }
        for account in accounts { try await play.wait(for: account, truth) }
        let first = try await play.pid(of: "late")
        let kept = play.configuration
        try await play.reload { configuration in
            configuration.notifiers["late"] = nil
            configuration.options["late"] = nil
        }
        try await eventually("it stops") { stage.exists("over") }
        for _ in 0..<20 { try truth.writeSome(10, of: 100) }
        try truth.delete("phoenix")
        try truth.create("phoenix")
        try await play.reload { $0 = kept }
        try await play.reload { $0.heartbeat = "2s" }
        for _ in 0..<20 { try truth.writeSome(10, of: 100) }
        try await play.wait(for: accounts[0], truth)
        #expect(try await play.report().notifiers["late"]?.process.pid == first)
        #expect(stage.lines("ended").lines.isEmpty)
        try stage.folder.write("go", "")
        for account in accounts {
            try await play.wait(for: account, truth)
            #expect(account.faults.isEmpty && account.repeats == 0, "\(account.name) \(account.faults.prefix(5))")
        }
        #expect(accounts[1].lifeLines["phoenix"] == ["created", "deleted", "created"])
        #expect(try await play.pid(of: "late") != first)
        try await play.end()
    }

    @Test("The cursors of one that is removed are kept: when it is put back it gets what it missed")
    func cursorsAreKept() async throws {
        let stage = try Self.stage()
        var truth = Truth(stage.state, seed: 2)
        for name in ["d", "gone", "phoenix"] { try truth.create(name) }
        var play = try await LivePlay(stage, ["a", "b"]) { $0.source = "since = 0" }
        let accounts = ["a", "b"].map { Account(stage, $0, isRich: true) }
        for account in accounts { try await play.wait(for: account, truth) }
        let kept = play.configuration
        for _ in 0..<3 {
            try await play.reload { configuration in
                configuration.notifiers["b"] = nil
                configuration.options["b"] = nil
            }
            try await eventually("it has left") { try await play.report().notifiers["b"] == nil }
            for _ in 0..<20 { try truth.writeSome(10, of: 100) }
            try truth.writeDesign()
            for name in ["gone", "phoenix"] { try truth.delete(name) }
            for name in ["gone", "phoenix"] { try truth.create(name) }
            try await play.reload { $0 = kept }
            try truth.writeSome(10, of: 100)
            for account in accounts { try await play.wait(for: account, truth) }
        }
        for account in accounts {
            #expect(account.faults.isEmpty && account.repeats == 0, "\(account.name) \(account.faults.prefix(5))")
        }
        #expect(play.herald.log("notifier a started").count == 1)
        try await play.end()
    }

    @Test("Changes while it is being stopped are given to the one that takes its place")
    func replacedWhileStopping() async throws {
        let stage = try Self.stage()
        var truth = Truth(stage.state, seed: 3)
        try truth.create("d")
        let script = try stage.script(
            "subject",
            #"while IFS= read -r line; do printf '%s\n' "$line" >> subject; echo ok; done; sleep 0.3"#
        )
        var play = try await LivePlay(stage, ["a", "subject"]) { $0.notifiers["subject"] = script }
        let accounts = ["a", "subject"].map { Account(stage, $0, isRich: true) }
        for round in 1...6 {
            try await play.reload {
                $0.options["subject"] = "detail = change\nconfirm = \(round % 2 == 1 ? "yes" : "no")"
            }
            for _ in 0..<5 { try truth.writeSome(20, of: 200) }
        }
        for account in accounts {
            try await play.wait(for: account, truth)
            #expect(account.faults.isEmpty, "\(account.name) \(account.faults.prefix(5))")
        }
        #expect(accounts[0].repeats == 0)
        try await play.end()
    }

    @Test("A deletion that waits for a slow one is told once, though the hub was replaced again and again since")
    func deletedAndWaiting() async throws {
        let stage = try Self.stage()
        var truth = Truth(stage.state, seed: 4)
        for name in ["d", "gone", "phoenix"] { try truth.create(name) }
        var play = try await LivePlay(stage, ["a", "slow"])
        let accounts = ["a", "slow"].map { Account(stage, $0, isRich: true) }
        for account in accounts { try await play.wait(for: account, truth) }
        let slow = try await play.process(of: "slow")
        try await slow.freeze()
        // A pipe is full, and what comes then waits.
        for _ in 0..<100 { try truth.writeSome(20, of: 2000) }
        try await play.wait(for: accounts[0], truth)
        for name in ["gone", "phoenix"] { try truth.delete(name) }
        try await play.wait(for: accounts[0], truth)
        for round in 0..<10 {
            try await play.reload { configuration in
                configuration.heartbeat = round % 2 == 0 ? "2s" : "1s"
                configuration.options["slow"] = "detail = change\ndatabases = \(round % 3 == 1 ? "d" : "*")"
            }
            if round == 4 { try truth.create("phoenix") }
            if round == 7 { try truth.delete("phoenix") }
        }
        try truth.create("phoenix")
        try await play.wait(for: accounts[0], truth)
        slow.thaw()
        for account in accounts {
            try await play.wait(for: account, truth)
            #expect(account.faults.isEmpty && account.repeats == 0, "\(account.name) \(account.faults.prefix(5))")
        }
        #expect(accounts[1].lifeLines["gone"] == ["created", "deleted"])
        try await play.end()
    }

    @Test("Databases that come and go in the midst of reloads are told as they were")
    func comings() async throws {
        let stage = try Self.stage()
        var truth = Truth(stage.state, seed: 5)
        try truth.create("d")
        var play = try await LivePlay(stage, ["a", "b"]) { $0.source = "since = now" }
        let accounts = ["a", "b"].map { Account(stage, $0, isRich: true) }
        try await eventually("its feed is open") { stage.state.stats.openFeeds == 1 }
        try truth.write(["first"], in: "d")
        for account in accounts {
            try await stage.lines(account.name).waitForLine(containing: #""id":"first""#)
        }
        let names = ["v", "w", "x", "y", "z"]
        for round in 0..<40 {
            for _ in 0..<3 { try truth.comeOrGo(names) }
            try await play.reload { $0.heartbeat = round % 2 == 0 ? "2s" : "1s" }
            try truth.comeOrGo(names)
            for name in names where truth.databases[name] != nil { try truth.write(["doc\(round)"], in: name) }
        }
        // Of what was there before, nobody was told that it was created.
        for account in accounts {
            try await eventually("\(account.name) has everything", every: .milliseconds(20)) {
                try account.missing(truth).filter { !$0.hasPrefix("d:") }.isEmpty
            }
            let faults = account.faults.filter { !$0.hasPrefix("d ") }
            #expect(faults.isEmpty, "\(account.name) \(faults.prefix(5))")
        }
        try await play.end()
    }

    @Test("A dead letter that was to be tried again while its notifier was away is, when it is put back")
    func deadLetter() async throws {
        let stage = try Self.stage()
        try stage.state.createDatabase("d")
        let script = try stage.script(
            "strict",
            """
            while IFS= read -r line; do
                case "$line" in
                *poison*) [ -e mild ] && echo ok || echo drop no ;;
                *) echo ok ;;
                esac
                printf '%s\\n' "$line" >> strict
            done
            """
        )
        var play = try await LivePlay(stage, ["a", "strict"]) {
            $0.notifiers["strict"] = script
            $0.options["strict"] = "detail = change\nconfirm = yes"
        }
        try stage.state.put("poison", in: "d")
        try await eventually("it is a dead letter") {
            try await play.report().notifiers["strict"]?.deadLetters == 1
        }
        let kept = play.configuration
        try await play.reload {
            $0.notifiers["strict"] = nil
            $0.options["strict"] = nil
        }
        try await eventually("it has left") { try await play.report().notifiers["strict"] == nil }
        try stage.folder.write("mild", "")
        let retry = try HeraldProcess(["dead", "retry", "--all", "-c", play.path])
        #expect(try await retry.waitForExit() == .status(0), "\(retry.transcript)")
        // The desk looks once a second for what others have done to the store.
        try await Task.sleep(for: .milliseconds(1500))
        try await play.reload { $0 = kept }
        try await play.herald.waitForLine(containing: "is tried again")
        try await eventually("it is none any more") {
            try await play.report().notifiers["strict"]?.deadLetters == 0
        }
        try await play.end()
    }

    @Test("Herald stops in order in the midst of reloads")
    func stops() async throws {
        let stage = try Self.stage()
        var truth = Truth(stage.state, seed: 6)
        try truth.create("d")
        var play = try await LivePlay(stage, ["a"])
        for round in 0..<5 {
            play.configuration.notifiers["b\(round)"] = "cat >> b\(round)"
            try play.write()
            let reload = try HeraldProcess(["reload", "-c", play.path])
            try truth.writeSome(5, of: 50)
            if round == 4 { play.herald.terminate() }
            _ = try await reload.waitForExit()
        }
        #expect(try await play.herald.waitForExit() == .status(0))
        try await eventually("no notifier is left") {
            !RunningProcess.isAny(in: stage.folder.path)
        }
        await play.server.stop()
    }
}

extension Stage {
    fileprivate func exists(_ name: String) -> Bool { access(folder.path(name), F_OK) == 0 }
}
