import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@Suite("Orders to the running service")
struct OrderTests {
    @Test("A notifier that is stopped collects what comes and is given it when it is started again")
    func notifier() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let play = try await stage.play([("a", stage.append("a"))], options: Stage.listening)
        let interface = try await Interface(play.herald, in: stage)
        try await interface.waitForStatus("an open feed") { $0.databases["d"]?.feed == .open }
        try stage.state.put("x", in: "d")
        try await stage.lines("a").waitForLines(1)
        let pid = try await play.process(of: "a")

        let stop = try await stage.command("stop", "a")
        #expect(stop.exit == .status(0) && stop.stderr.isEmpty && stop.stdout.count == 1)
        try await interface.waitForStatus("stopped") { $0.notifiers["a"]?.process.state == .stopped }
        #expect(RunningProcess(pid) == nil)
        for id in ["y", "z"] { try stage.state.put(id, in: "d") }
        try await interface.waitForStatus("it collects") { $0.notifiers["a"]?.waitingBytes ?? 0 > 0 }
        let status = try await stage.command("status")
        #expect(status.exit == .status(1))
        #expect(status.stdout.contains { $0.contains("! was stopped by hand") })
        #expect(status.stdout.contains { $0.contains("hint: herald start a") })
        // Stopped on purpose is not down.
        #expect(try await interface.ask("GET", "/_up").status == 200)
        #expect(stage.lines("a").lines.count == 1)
        // Again, which changes nothing; nor does the time that passes meanwhile.
        #expect(try await stage.command("stop", "a").exit == .status(0))

        #expect(try await stage.command("start", "notifier:a").exit == .status(0))
        #expect(try await stage.lines("a").waitForLines(3).count == 3)
        #expect(try await stage.command("status").exit == .status(0))
        let second = try await play.process(of: "a", life: 2)
        #expect(try await stage.command("restart", "a").exit == .status(0))
        let third = try await play.process(of: "a", life: 3)
        #expect(Set([pid, second, third]).count == 3 && RunningProcess(second) == nil)
        // One that runs is started already.
        #expect(try await stage.command("start", "a").exit == .status(0))
        try stage.state.put("last", in: "d")
        #expect(try await stage.lines("a").waitForLines(4).count == 4)
        #expect(try await interface.status().notifiers["a"]?.process.pid == third)
        try await play.end()
    }

    @Test("A daemon is stopped, started and restarted; none of it counts as a failure")
    func daemon() async throws {
        let stage = try Stage()
        let play = try await stage.play([], options: Stage.listening + "[os_daemons]\nd = cat\n")
        let interface = try await Interface(play.herald, in: stage)
        try await interface.waitForStatus("running") { $0.daemons["d"]?.process.state == .running }
        for _ in 0..<4 {
            let before = try await interface.status().daemons["d"]?.process
            #expect(try await stage.command("restart", "d").exit == .status(0))
            try await interface.waitForStatus("another process") {
                $0.daemons["d"]?.process.state == .running && $0.daemons["d"]?.process.pid != before?.pid
            }
        }
        #expect(try await stage.command("stop", "daemon:d").exit == .status(0))
        let stopped = try await interface.waitForStatus("stopped") { $0.daemons["d"]?.process.state == .stopped }
        #expect(stopped.daemons["d"]?.failures == 0 && stopped.daemons["d"]?.process.pid == nil)
        #expect(try await stage.command("status", "d").exit == .status(1))
        #expect(try await stage.command("restart", "d").exit == .status(0))
        try await interface.waitForStatus("running") { $0.daemons["d"]?.process.state == .running }
        #expect(try await stage.command("status", "d").exit == .status(0))
        try await play.end()
    }

    @Test("A name that a notifier and a daemon have must be said in full; one that nobody has is told with a near miss")
    func names() async throws {
        let stage = try Stage()
        let play = try await stage.play(
            [("both", "cat"), ("indexer", "cat")],
            options: Stage.listening + "[os_daemons]\nboth = cat\n"
        )
        let interface = try await Interface(play.herald, in: stage)
        try await interface.waitForStatus("all run") {
            $0.daemons["both"]?.process.state == .running && $0.notifiers["both"]?.process.state == .running
                && $0.notifiers["indexer"]?.process.state == .running
        }
        for command in ["start", "stop", "restart"] {
            let both = try await stage.command(command, "both")
            #expect(both.exit == .status(1) && both.stdout.isEmpty && both.stderr.count == 1)
            #expect(both.stderr[0].contains("notifier:both") && both.stderr[0].contains("daemon:both"))
            let unknown = try await stage.command(command, "indxer")
            #expect(unknown.exit == .status(1) && unknown.stderr.count == 1)
            #expect(unknown.stderr[0].contains("'indxer'; did you mean indexer?"), "\(unknown.stderr)")
        }
        #expect(try await stage.command("stop", "daemon:indexer").exit == .status(1))
        #expect(try await stage.command("stop", "daemon:both").exit == .status(0))
        let report = try await interface.waitForStatus("the daemon is stopped") {
            $0.daemons["both"]?.process.state == .stopped
        }
        #expect(report.notifiers["both"]?.process.state == .running)
        #expect(report.notifiers.values.allSatisfy { $0.process.starts == 1 })
        try await play.end()
    }

    @Test("herald status: 0 where all is well, 1 where something is not, 69 where nobody answers; --json and NAME")
    func status() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let play = try await stage.play(
            [("a", "cat"), ("b", "cat")],
            options: Stage.listening + "[os_daemons]\nd = cat\n"
        )
        let interface = try await Interface(play.herald, in: stage)
        try await interface.waitForStatus("all is well") {
            $0.databases["d"]?.feed == .open && $0.daemons["d"]?.process.state == .running
                && $0.notifiers.values.allSatisfy { $0.process.state == .running }
        }
        let well = try await stage.command("status")
        #expect(well.exit == .status(0) && well.stderr.isEmpty && well.stdout[0].hasSuffix(": all is well"))
        #expect(well.stdout.allSatisfy { $0.count <= 80 })
        let json = try await stage.command("status", "--json")
        let report: StatusReport = try StatusCoding.decode(from: Array(json.stdout.joined().utf8))
        #expect(json.exit == .status(0) && json.stdout.count == 1 && report.herald.pid == play.herald.pid)
        let keys = ["daemons", "databases", "herald", "notifiers", "server", "store"]
        for key in keys { #expect(json.stdout[0].contains("\"\(key)\":{"), "\(key)") }
        let name = try await stage.command("status", "a")
        #expect(name.exit == .status(0) && name.stdout.first == "notifier a")
        let several = try await stage.command("status", "d")
        #expect(several.exit == .status(0))
        #expect(several.stdout.contains("daemon d") && several.stdout.contains("database d"))
        let one: NotifierStatus = try StatusCoding.decode(
            from: Array(try await stage.command("status", "--json", "b").stdout.joined().utf8)
        )
        #expect(one.process.state == .running)
        let unknown = try await stage.command("status", "c")
        #expect(unknown.exit == .status(1) && unknown.stdout.isEmpty && unknown.stderr.count == 1)

        #expect(try await stage.command("stop", "b").exit == .status(0))
        try await interface.waitForStatus("stopped") { $0.notifiers["b"]?.process.state == .stopped }
        #expect(try await stage.command("status").exit == .status(1))
        #expect(try await stage.command("status", "b").exit == .status(1))
        #expect(try await stage.command("status", "--json", "b").exit == .status(1))
        #expect(try await stage.command("status", "a").exit == .status(0))
        try await play.end()
        for command in ["status", "reload"] {
            let nobody = try await stage.command(command)
            #expect(nobody.exit == .status(69) && nobody.stdout.isEmpty && nobody.stderr.count == 1)
            #expect(nobody.stderr[0].contains("no herald runs here") && nobody.stderr[0].contains("'herald run'"))
        }
        #expect(try await stage.command("stop", "a").exit == .status(69))
    }
}
