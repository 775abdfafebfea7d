import Glibc
import TestSupport
import Testing

@Suite("The lives of a daemon")
struct DaemonLifeTests {
    /// A life of it ends, as failed, when there is a file `die.N`, N being the number of the life.
    private static let mortal = """
        echo life >> lives
        life=$(wc -l < lives)
        until [ -e "die.$life" ]; do sleep 0.01; done
        exit 7
        """

    @Test("It is started at the start, and again at once when it dies, however that was")
    func again() async throws {
        let stage = try DaemonStage()
        let command = try stage.script("d", Self.mortal)
        let herald = try stage.herald(
            "[os_daemons]\nd = \(command)\n[daemon:d]\nstop_timeout = 100ms\n[os_daemon_settings]\nmax_retries = 100"
        )
        let first = try await herald.daemon("d")
        try await stage.lines("lives").waitForLines(1)
        kill(first, SIGKILL)
        let second = try await herald.daemon("d", life: 2)
        #expect(second != first)
        try await stage.lines("lives").waitForLines(2)
        try stage.folder.write("die.2", "")
        try await herald.daemon("d", life: 3)
        let ends = herald.log("starting it again at once")
        #expect(ends.count == 2 && ends.allSatisfy { $0.contains("Z warning: daemon d ") })
        #expect(ends.first?.contains("was killed by SIGKILL (9) after") ?? false)
        #expect(ends.last?.contains("exited with status 7 after") ?? false)
        try await herald.end()
        #expect(herald.lives(of: "d") == 3)
        #expect(herald.log("daemon d is stopped").count == 1)
    }

    @Test("Halted is an error in the log, with its last status and what to do")
    func halted() async throws {
        let stage = try DaemonStage()
        let herald = try stage.herald(
            "[os_daemons]\nwell = true\nnone = no-such-command\nthree = sh -c 'exit 3'\nfine = cat"
        )
        for (name, end) in [("well", "status 0"), ("none", "status 127"), ("three", "status 3")] {
            let text = "daemon \(name) exited with \(end) after"
            let line = try await herald.waitForLine(containing: text)
            #expect(line.contains("Z warning: "))
            let halt = try await herald.waitForLine(containing: "'herald start \(name)'")
            #expect(halt.contains("Z error: \(text)"))
            #expect(halt.contains("it has died too often and is halted"))
        }
        try await herald.end()
        for name in ["well", "none", "three"] { #expect(herald.lives(of: name) == 3) }
        #expect(herald.lives(of: "fine") == 1)
    }

    @Test("A halted one stays so when its section is touched; another command, or removing and putting back, starts it")
    func unhalted() async throws {
        let stage = try DaemonStage()
        let settings = "[os_daemon_settings]\nretry_time = 1d\n[os_daemons]\n"
        let herald = try stage.herald(settings + "changed = false\nback = false")
        for name in ["changed", "back"] {
            try await herald.waitForLine(containing: "'herald start \(name)'")
        }
        try await stage.change(herald, settings + "changed = false\nback = false\nother = cat")
        try await herald.daemon("other")
        try await stage.change(herald, settings + "changed = cat\nother = cat")
        try await herald.daemon("changed", life: 4)
        #expect(herald.lives(of: "back") == 3)
        try await stage.change(herald, settings + "changed = cat\nother = cat\nback = false")
        // It fails as often as one that is new.
        try await herald.waitForLine(
            containing: "'herald start back'",
            skipping: herald.stderr.lastIndex { $0.contains("daemon back: added") } ?? 0
        )
        try await herald.end()
        #expect(herald.lives(of: "changed") == 4)
        #expect(herald.lives(of: "back") == 6)
        #expect(herald.lives(of: "other") == 1)
    }

    @Test("A halted one is started by 'herald start'")
    func started() async throws {
        let stage = try DaemonStage()
        let command = try stage.script("d", "[ -e mended ] && exec cat; exit 1")
        let herald = try stage.herald("[os_daemons]\nd = \(command)")
        try await herald.waitForLine(containing: "'herald start d'")
        try stage.folder.write("mended", "")
        let start = try HeraldProcess(["start", "-c", stage.path, "d"])
        #expect(try await start.waitForExit() == .status(0))
        let pid = try await herald.daemon("d", life: 4)
        try await eventually("it runs") { RunningProcess(pid)?.program == "cat" }
        try await herald.end()
        #expect(herald.lives(of: "d") == 4)
    }

    @Test("Added, removed, changed in its command or an option: each is done to that one, and the others live on")
    func changed() async throws {
        let stage = try DaemonStage()
        let herald = try stage.herald("[os_daemons]\nsame = cat\ncommand = cat\noption = cat\ngone = cat")
        let same = try await herald.daemon("same")
        let gone = try await herald.daemon("gone")
        for name in ["command", "option"] { try await herald.daemon(name) }
        try await stage.change(
            herald,
            "[os_daemons]\nnew = cat\nsame = cat\ncommand = env cat\noption = cat\n[daemon:option]\nenvironment = A=b"
        )
        try await herald.daemon("new")
        let changed = try await herald.daemon("option", life: 2)
        try await herald.daemon("command", life: 2)
        try await eventually("the removed one has ended") { RunningProcess(gone) == nil }
        try await eventually("the changed one has its variable") {
            RunningProcess(changed)?.environment["A"] == "b"
        }
        #expect(RunningProcess(same) != nil)
        for name in ["command", "option"] {
            #expect(herald.log("info: daemon \(name): its command or options have changed").count == 1)
        }
        try await herald.end()
        #expect(["new", "same", "gone"].map { herald.lives(of: $0) } == [1, 1, 1])
        #expect(herald.log("starting it again").isEmpty)
    }

    @Test("One that has registered for a section or a key is restarted for that, and for nothing else")
    func registered() async throws {
        let stage = try DaemonStage()
        let section = try stage.asking("section", [#"["register","s"]"#, #"["get","s","k"]"#])
        let key = try stage.asking("key", [#"["register","s","k"]"#, #"["get","s","k"]"#])
        let head = "[os_daemons]\nsection = \(section)\nkey = \(key)\nother = cat\n"
        let herald = try stage.herald(head + "[s]\nk = 1\nl = 1")
        for name in ["section", "key"] { _ = try await stage.answers(name, count: 1) }
        try await stage.change(herald, head + "[s]\nk = 1\nl = 2\n[t]\nk = 1")
        _ = try await stage.answers("section", count: 2)
        try await stage.change(herald, head + "[s]\nk = 2\nl = 2\n[t]\nk = 2")
        #expect(try await stage.answers("section", count: 3) == [#""1""#, #""1""#, #""2""#])
        #expect(try await stage.answers("key", count: 2) == [#""1""#, #""2""#])
        // The same in other words; and a new daemon, by which one sees that it was read.
        try await stage.change(herald, head + "new = cat\n[t]\nk = 2\n[s]\nl = 2\n\nk=2 ; so")
        try await herald.daemon("new")
        try await herald.end()
        #expect(["section", "key", "other", "new"].map { herald.lives(of: $0) } == [3, 2, 1, 1])
        #expect(herald.log("info: daemon section: s has changed; it is stopped and started again").count == 2)
        #expect(herald.log("info: daemon key: s/k has changed; it is stopped and started again").count == 1)
    }

    @Test("A configuration with a fault changes nothing: not what runs, and not what is answered")
    func faulty() async throws {
        let stage = try DaemonStage()
        let command = try stage.script(
            "d",
            #"""
            echo '["register","s"]'
            until [ -e ask ]; do sleep 0.01; done
            echo '["get","s"]'
            exec cat >> answers.d
            """#
        )
        let herald = try stage.herald("[os_daemons]\nd = \(command)\ngone = cat\n[s]\nk = old")
        let (d, gone) = (try await herald.daemon("d"), try await herald.daemon("gone"))
        try stage.write("[os_daemons]\nd = \(command)\nnew = cat\n[s]\nk = new\n[os_daemon_settings]\nmax_retries = x")
        let line = try await herald.waitForLine(containing: "'x' is no whole number")
        #expect(line.contains("Z error: \(stage.path):"))
        try await herald.waitForLine(containing: "the one before it stays in force")
        try stage.folder.write("ask", "")
        #expect(try await stage.answers("d", count: 1) == [#"{"k":"old"}"#])
        #expect(RunningProcess(d) != nil && RunningProcess(gone) != nil)
        try await herald.end()
        #expect(["d", "gone", "new"].map { herald.lives(of: $0) } == [1, 1, 0])
    }

    @Test("sleep 1 is halted at its third death, after 3 s; sleep 2.7 never")
    func timing() async throws {
        let stage = try DaemonStage()
        let herald = try stage.herald("[os_daemons]\none = sleep 1\nlong = sleep 2.7")
        try await herald.waitForLine(containing: "'herald start one'")
        #expect(herald.lives(of: "one") == 3)
        let time = HeraldProcess.span(
            try herald.time(of: " starts, configured by "),
            try herald.time(of: "'herald start one'")
        )
        #expect(time >= 3000 && time < 10_000, "milliseconds")
        try await herald.daemon("long", life: 5)
        try await herald.end()
        #expect(herald.lives(of: "one") == 3)
        #expect(herald.log("'herald start long'").isEmpty)
    }

    @Test("max_retries and retry_time are those of the moment at which it dies")
    func limits() async throws {
        let stage = try DaemonStage()
        let command = try stage.script("d", Self.mortal)
        let head = "[os_daemons]\nd = \(command)\n[daemon:d]\nstop_timeout = 100ms\n[os_daemon_settings]\n"
        let herald = try stage.herald(head + "max_retries = 2\nretry_time = 1h")
        func die(_ life: Int) async throws {
            try await stage.lines("lives").waitForLines(life)
            try stage.folder.write("die.\(life)", "")
        }
        try await die(1)
        try await herald.daemon("d", life: 2)
        try await stage.change(herald, head + "max_retries = 5\nretry_time = 1h")
        for life in 2...4 {
            try await die(life)
            try await herald.daemon("d", life: life + 1)
        }
        // Of the four only those of the last second count.
        try await stage.change(herald, head + "max_retries = 5\nretry_time = 1")
        let forgotten = ContinuousClock.now + .milliseconds(1050)
        try await eventually("a second has passed") { ContinuousClock.now > forgotten }
        try await die(5)
        try await herald.daemon("d", life: 6)
        try await stage.change(herald, head + "max_retries = 1\nretry_time = 1")
        try await die(6)
        let halt = try await herald.waitForLine(containing: "is halted")
        #expect(halt.contains("Z error: daemon d exited with status 7"))
        try await herald.end()
        #expect(herald.lives(of: "d") == 6)
    }
}
