import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@Suite("What the status tells of each notifier")
struct NotifierReportTests {
    @Test("Its process, how many lines it was given, and how many notices were merged")
    func live() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let play = try await stage.play(
            [("plain", stage.append("plain")), ("merging", stage.append("merging"))],
            options: Stage.listening + "[notifier:merging]\nmerge = 300ms\n"
        )
        let interface = try await Interface(play.herald, in: stage)
        try await interface.waitForStatus("an open feed") { $0.databases["d"]?.feed == .open }
        _ = try stage.state.bulk((0..<300).map { (id: "x\($0)", body: "{}") }, in: "d")
        let report = try await interface.waitForStatus("all is told") {
            $0.notifiers["plain"]?.lines == 300 && ($0.notifiers["merging"]?.lines ?? 0) > 0
        }
        let plain = try #require(report.notifiers["plain"])
        #expect(plain.process.state == .running && plain.process.starts == 1 && plain.process.restarts == 0)
        #expect(plain.process.pid == (try await play.process(of: "plain")))
        #expect(plain.process.since ?? -1 >= 0 && plain.process.lastEnd == nil)
        #expect(plain.delivery == .live && plain.lag == 0 && plain.waitingBytes == 0 && plain.pending == nil)
        #expect(plain.merged == 0 && plain.unconfirmed == nil && plain.deadLetters == 0 && plain.lastError == nil)
        let merging = try #require(report.notifiers["merging"])
        #expect(merging.lines + merging.merged == 300 && merging.merged > 0)
        #expect(stage.lines("plain").lines.count == 300)
        try await play.end()
    }

    @Test("One that dies again and again: that it waits, its restarts, its last end and its last words, escaped")
    func dying() async throws {
        let stage = try Stage()
        let words = #"printf 'first\nno index \033[31m here\n' >&2; exit 3"#
        let play = try await stage.play([("n", try stage.script("n", words))], options: Stage.listening)
        let interface = try await Interface(play.herald, in: stage)
        let report = try await interface.waitForStatus("it has died twice") {
            $0.notifiers["n"]?.process.state == .waiting && ($0.notifiers["n"]?.process.restarts ?? 0) >= 1
        }
        let process = try #require(report.notifiers["n"]?.process)
        #expect(process.pid == nil && process.lastEnd?.text == "exited with status 3")
        #expect(seconds(process.lastEnd?.time) != nil)
        #expect(process.lastWords == #"no index \u001B[31m here"#)
        // For a moment, now and then, it lives.
        try await eventually("it is told as down") {
            let up = try await interface.ask("GET", "/_up")
            return up.status == 503 && up.body.contains("notifier n: dies again and again: exited with status 3")
        }
        try await play.end()
    }

    @Test("A plain one that stands still is behind, with a growing lag and what waits; then live again")
    func plainBehind() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let play = try await stage.play(
            [("frozen", stage.append("frozen"))],
            options: Stage.listening + "[notifier:frozen]\noutbox = 64kB\n"
        )
        let interface = try await Interface(play.herald, in: stage)
        try await interface.waitForStatus("an open feed") { $0.databases["d"]?.feed == .open }
        let cat = try await play.process(of: "frozen", running: "cat")
        try await cat.freeze()
        let count = 8000
        _ = try stage.state.bulk((0..<count).map { (id: "x\($0)", body: "{}") }, in: "d")
        let report = try await interface.waitForStatus("it is behind") {
            guard let frozen = $0.notifiers["frozen"] else { return false }
            return frozen.delivery == .behind && frozen.merged > 0 && frozen.lag > 0
        }
        let frozen = try #require(report.notifiers["frozen"])
        #expect(frozen.waitingBytes > 0 && frozen.process.state == .running && frozen.process.pid == cat.pid)
        try await interface.waitForStatus("its lag grows") { $0.notifiers["frozen"]?.lag ?? 0 >= frozen.lag + 0.5 }
        cat.thaw()
        let after = try await interface.waitForStatus("it is live again") {
            guard let frozen = $0.notifiers["frozen"] else { return false }
            return frozen.delivery == .live && frozen.waitingBytes == 0 && frozen.lines + frozen.merged == count
        }
        let thawed = try #require(after.notifiers["frozen"])
        #expect(thawed.lag == 0 && thawed.pending == nil)
        try await play.end()
    }

    @Test("One that wants every line is behind, then catches up with how much there is still to come, then is live")
    func catchingUp() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        // It reads a block of lines at a time, as often as there is a file `go` or a step of one.
        let script = try stage.script(
            "slow",
            #"""
            while IFS= read -r line; do
                echo "$line" >> slow
                while [ ! -e go ]; do sleep 0.05; done
            done
            """#
        )
        let play = try await stage.play(
            [("slow", script)],
            options: Stage.listening + "[notifier:slow]\ndetail = change\noutbox = 64kB\nstop_timeout = 100ms\n"
        )
        let interface = try await Interface(play.herald, in: stage)
        try await interface.waitForStatus("an open feed") { $0.databases["d"]?.feed == .open }
        let count = 20_000
        for round in 0..<20 {
            _ = try stage.state.bulk((0..<(count / 20)).map { (id: "x\(round)-\($0)", body: "{}") }, in: "d")
        }
        let report = try await interface.waitForStatus("it is behind") { $0.notifiers["slow"]?.delivery == .behind }
        #expect(report.notifiers["slow"]?.lag ?? 0 >= 0 && report.notifiers["slow"]?.merged == 0)
        try stage.folder.write("go", "")
        try await interface.waitForStatus("it catches up") {
            $0.notifiers["slow"]?.delivery == .catchingUp && $0.notifiers["slow"]?.pending != nil
        }
        let after = try await interface.waitForStatus("it is live again") {
            $0.notifiers["slow"]?.delivery == .live && $0.notifiers["slow"]?.lines ?? 0 >= UInt64(count)
        }
        #expect(after.notifiers["slow"]?.pending == nil)
        try await stage.lines("slow").waitForLine(containing: #""id":"x19-999""#)
        try await play.end()
    }

    @Test("One that confirms: what is unconfirmed, dead letters, and why it was last stopped as failed")
    func confirming() async throws {
        let stage = try Stage()
        try stage.state.createDatabase("d")
        let script = try stage.script(
            "n",
            #"""
            while IFS= read -r line; do
                case $line in
                *poison*) echo 'error: cannot stand it' ;;
                *silence*) [ -e go ] && echo ok ;;
                *) echo ok ;;
                esac
            done
            """#
        )
        let play = try await stage.play(
            [("n", script)],
            options: Stage.listening + """
                [notifier:n]
                detail = change
                confirm = yes
                attempts = 3
                confirm_timeout = 10s
                stop_timeout = 100ms
                """
        )
        let interface = try await Interface(play.herald, in: stage)
        let first = try await interface.waitForStatus("an open feed") { $0.databases["d"]?.feed == .open }
        #expect(first.notifiers["n"]?.unconfirmed == 0)
        for id in ["a", "poison", "b"] { try stage.state.put(id, in: "d") }
        let dead = try await interface.waitForStatus("a dead letter") {
            $0.notifiers["n"]?.deadLetters == 1 && $0.notifiers["n"]?.lines == 3
                && $0.notifiers["n"]?.process.state == .running
        }
        let notifier = try #require(dead.notifiers["n"])
        #expect(notifier.unconfirmed == 0 && notifier.waitingBytes == 0, "\(notifier)")
        // Where the machine is busy it may have been started again; that is forgotten once it has lived for a while.
        try await eventually("it is up") { try await interface.ask("GET", "/_up").status == 200 }
        let table = try await stage.command("status")
        #expect(table.exit == .status(1) && table.stdout.contains { $0.contains("! 1 dead letter") })
        #expect(table.stdout.contains { $0.contains("hint: herald dead list") })

        try stage.state.put("silence", in: "d")
        let waiting = try await interface.waitForStatus("an unconfirmed line") { $0.notifiers["n"]?.unconfirmed == 1 }
        #expect(waiting.notifiers["n"]?.waitingBytes ?? 0 > 0)
        let failed = try await interface.waitForStatus("it is stopped as failed") {
            $0.notifiers["n"]?.lastError?.text == "no answer within 10 s"
        }
        let error = try #require(failed.notifiers["n"]?.lastError)
        #expect(seconds(error.time) != nil && failed.notifiers["n"]?.process.restarts ?? 0 >= 1, "\(error)")
        try stage.folder.write("go", "")
        try await interface.waitForStatus("it is confirmed") {
            $0.notifiers["n"]?.unconfirmed == 0 && $0.notifiers["n"]?.lines == 4
        }
        try await play.end()
    }
}
