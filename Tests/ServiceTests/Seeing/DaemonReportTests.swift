import Glibc
import Status
import TestSupport
import Testing

@Suite("What the status tells of each daemon")
struct DaemonReportTests {
    @Test(
        "That it runs, its process, its starts, and what it has registered for; its last end, failures and last words"
    )
    func running() async throws {
        let stage = try Stage()
        let script = try stage.script(
            "daemon",
            #"""
            echo '["register","log"]'; echo '["register","mailer","from"]'
            echo "life $$" >> lives; echo "words of $$" >&2
            [ "$(wc -l < lives)" -gt 1 ] && exec cat
            while [ ! -e die ]; do sleep 0.05; done
            exit 7
            """#
        )
        let play = try await stage.play([], options: Stage.listening + "[os_daemons]\ndaemon = \(script)\n")
        let interface = try await Interface(play.herald, in: stage)
        let registered = ["log", "mailer/from"]
        let first = try await interface.waitForStatus("it has registered") {
            $0.daemons["daemon"]?.registrations == registered && $0.daemons["daemon"]?.process.lastWords != nil
        }
        let daemon = try #require(first.daemons["daemon"])
        let pid = try #require(daemon.process.pid)
        #expect(stage.lines("lives").lines == ["life \(pid)"] && daemon.process.lastWords == "words of \(pid)")
        #expect(daemon.process.state == .running && daemon.process.starts == 1 && daemon.failures == 0)
        #expect(daemon.process.lastEnd == nil && daemon.lastError == nil)

        try stage.folder.write("die", "")
        let second = try await interface.waitForStatus("its second life") {
            $0.daemons["daemon"]?.process.starts == 2 && $0.daemons["daemon"]?.process.state == .running
        }
        let again = try #require(second.daemons["daemon"])
        #expect(again.process.pid != pid && again.failures <= 1 && again.process.restarts == 1)
        #expect(again.process.lastEnd?.text == "exited with status 7" && seconds(again.process.lastEnd?.time) != nil)
        #expect(again.registrations == registered)
        // The window of 5 s passes.
        try await interface.waitForStatus("the failure is forgotten") { $0.daemons["daemon"]?.failures == 0 }
        #expect(try await interface.ask("GET", "/_up").status == 200)
        try await play.end()
    }

    @Test("That it is halted, why, and what to do; the hint works")
    func halted() async throws {
        let stage = try Stage()
        let script = try stage.script("daemon", "[ -e mended ] && exec cat; echo oops >&2; exit 1")
        let play = try await stage.play(
            [("both", "cat")],
            options: Stage.listening + "[os_daemons]\nboth = \(script)\n[os_daemon_settings]\nretry_time = 1h\n"
        )
        let interface = try await Interface(play.herald, in: stage)
        let halted = try await interface.waitForStatus("halted") { $0.daemons["both"]?.process.state == .halted }
        let daemon = try #require(halted.daemons["both"])
        #expect(daemon.process.pid == nil && daemon.process.starts == 3 && daemon.failures == 3)
        #expect(daemon.process.lastEnd?.text == "exited with status 1" && daemon.process.lastWords == "oops")
        let up = try await interface.ask("GET", "/_up")
        #expect(up.status == 503 && up.body.contains("daemon both: is halted"))
        let error = try await play.herald.waitForLine(containing: "is halted: mend it")
        #expect(error.contains(" error: "))
        let table = try await stage.command("status")
        #expect(table.exit == .status(1))
        #expect(table.stdout.contains { $0.hasSuffix("hint: mend it, then: herald start daemon:both") })
        try stage.folder.write("mended", "")
        #expect(try await stage.command("start", "daemon:both").exit == .status(0))
        let back = try await interface.waitForStatus("running") { $0.daemons["both"]?.process.state == .running }
        #expect(back.daemons["both"]?.failures == 0 && back.daemons["both"]?.process.starts == 4)
        #expect(try await stage.command("status").exit == .status(0))
        try await play.end()
    }
}
