import Glibc
import TestSupport
import Testing

@Suite("How daemons are stopped")
struct DaemonStopTests {
    /// Tells of the end of its stdin and of TERM, and ends by neither.
    private static let witness = """
        trap 'echo term >> "told.$HERALD_DAEMON"' TERM
        echo ready >> "told.$HERALD_DAEMON"
        cat > /dev/null
        echo end >> "told.$HERALD_DAEMON"
        [ "$HERALD_DAEMON" = polite ] && exit
        while :; do sleep 0.05; done
        """

    @Test("Stopped with the service, it sees the end of its stdin, then gets TERM, then KILL")
    func sequence() async throws {
        let stage = try DaemonStage()
        let command = try stage.script("witness", Self.witness)
        let herald = try stage.herald(
            """
            [os_daemons]
            polite = \(command)
            stubborn = \(command)
            [daemon:polite]
            stop_timeout = 10m
            [daemon:stubborn]
            stop_timeout = 2s
            """
        )
        let stubborn = try await herald.daemon("stubborn")
        for name in ["polite", "stubborn"] {
            try await stage.lines("told.\(name)").waitForLines(1)
        }
        try await herald.end()
        #expect(stage.lines("told.polite").lines == ["ready", "end"])
        #expect(stage.lines("told.stubborn").lines == ["ready", "end", "term"])
        #expect(RunningProcess.members(ofGroup: stubborn).isEmpty)
        let asked = try herald.time(of: "info: stopping")
        let term = try herald.time(of: "daemon stubborn, or what it left behind, still runs: TERM")
        let kill = try herald.time(of: "daemon stubborn, or what it left behind, still runs: KILL")
        #expect(HeraldProcess.span(asked, term) >= 1998 && HeraldProcess.span(term, kill) >= 1998)
        #expect(herald.log("daemon polite, or what it left behind").isEmpty)
    }

    @Test("When herald is killed with -9, each daemon sees the end of its stdin")
    func heraldKilled() async throws {
        let stage = try DaemonStage()
        let script = try stage.script("witness", #"cat > /dev/null; echo end > "end.$HERALD_DAEMON""#)
        let names = ["one", "two", "three"]
        let herald = try stage.herald("[os_daemons]\n" + names.map { "\($0) = \(script)\n" }.joined())
        for name in names { try await herald.daemon(name) }
        herald.send(signal: SIGKILL)
        #expect(try await herald.waitForExit() == .signal(SIGKILL))
        for name in names {
            #expect(try await stage.lines("end.\(name)").waitForLines(1) == ["end"])
        }
    }

    @Test("50 daemons with two grandchildren each, all of whom ignore TERM: none is left after the stop")
    func many() async throws {
        let stage = try DaemonStage()
        let command = try stage.script(
            "family",
            """
            trap '' TERM
            sleep 1000 &
            (sleep 1000; sleep 1000) &
            echo ready > "ready.$HERALD_DAEMON"
            while :; do sleep 1000; done
            """
        )
        let names = (1...50).map { "d\($0)" }
        let herald = try stage.herald(
            "[os_daemons]\n" + names.map { "\($0) = \(command)\n" }.joined()
                + names.map { "[daemon:\($0)]\nstop_timeout = 200ms\n" }.joined(),
            environment: ["HERALD_TEST_MARK": stage.folder.path]
        )
        func marked() -> [pid_t] {
            RunningProcess.all.filter { $0.environment["HERALD_TEST_MARK"] == stage.folder.path }.map(\.pid)
        }
        for name in names { try await stage.lines("ready.\(name)").waitForLines(1) }
        try await eventually("all of them run", every: .milliseconds(100)) {
            // The leader and its sleep, a sleep, a shell and its sleep, of each; and herald itself.
            marked().count == 50 * 5 + 1
        }
        try await herald.end()
        #expect(marked().isEmpty)
        #expect(herald.log("still runs: KILL").count == 50)
    }

    @Test("One that forks and whose leader ends is started again only when its grandchildren are gone")
    func leftBehind() async throws {
        let stage = try DaemonStage()
        let command = try stage.script(
            "leaver",
            #"""
            echo life >> lives
            [ "$(wc -l < lives)" -gt 1 ] && exec cat > /dev/null
            (trap '' TERM; exec sleep 1000) &
            exit 0
            """#
        )
        let herald = try stage.herald(
            "[os_daemons]\nleaver = \(command)\n[daemon:leaver]\nstop_timeout = 100ms\n"
        )
        let first = try await herald.daemon("leaver")
        try await herald.daemon("leaver", life: 2)
        #expect(RunningProcess.members(ofGroup: first).isEmpty)
        try await herald.end()
    }
}
