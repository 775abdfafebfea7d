import Status
import Testing

@Suite("Problems in a status")
struct ProblemTests {
    private static func report(_ change: (inout StatusReport) -> Void = { _ in }) -> StatusReport {
        var report = StatusReport(
            herald: HeraldStatus(
                version: "1",
                pid: 1,
                started: "",
                uptime: 1,
                configuration: ConfigurationStatus(files: [], loaded: "")
            ),
            server: ServerStatus(url: "http://h", state: .reachable),
            databases: ["d": DatabaseStatus(feed: .open)],
            notifiers: ["n": NotifierStatus(process: ProcessStatus(state: .running, starts: 1))],
            daemons: ["o": DaemonStatus(process: ProcessStatus(state: .running, starts: 1))],
            store: StoreStatus(folder: "/s", size: 1)
        )
        change(&report)
        return report
    }

    private static func words(_ change: (inout StatusReport) -> Void) -> [String] {
        report(change).problems.map { "\($0.isDown ? "down" : "late") \($0)" }
    }

    @Test("Where all is well there are none")
    func none() {
        #expect(Self.report().problems.isEmpty)
        #expect(Self.report().verdict == "all is well")
    }

    @Test("A store that was removed is down, though saving does not fail")
    func removedStore() {
        let words = Self.words { $0.store.isInPlace = false }
        #expect(words == ["down store: was removed or replaced: what is saved is lost"])
    }

    @Test("The verdict tells how many there are, and the worst")
    func verdict() {
        let one = Self.report { $0.server.state = .refused }
        #expect(one.verdict == "\(one.problems[0])")
        let two = Self.report {
            $0.notifiers["n"]?.deadLetters = 1
            $0.server.state = .refused
        }
        #expect(two.verdict == "2 problems, the worst: server: does not let Herald in")
    }

    @Test(
        "A server that is not followed is down, and its feeds are not named besides",
        arguments: [
            (ServerStatus.State.unknown, "down server: has not answered yet: x"),
            (.unreachable, "down server: cannot be reached: x"),
            (.refused, "down server: does not let Herald in: x"),
            (.stranger, "down server: another one answers at its address: x"),
        ]
    )
    func server(state: ServerStatus.State, words: String) {
        let found = Self.words {
            $0.server.state = state
            $0.server.lastError = Mishap("x", at: "")
            $0.databases["d"] = DatabaseStatus(feed: .waiting, lastError: Mishap("y", at: ""))
        }
        #expect(found == [words])
    }

    @Test("What was overcome is no problem")
    func past() {
        let found = Self.words {
            $0.server.lastError = Mishap("x", at: "")
            $0.databases["d"]?.lastError = Mishap("x", at: "")
            $0.notifiers["n"]?.process = ProcessStatus(state: .running, starts: 9, lastEnd: Mishap("x", at: ""))
            $0.notifiers["n"]?.lag = 1000
            $0.daemons["o"]?.process.state = .waiting
        }
        #expect(found.isEmpty)
    }

    @Test("A notifier that dies once is started again in silence; one that dies again is down")
    func deaths() {
        let again = "down notifier n: dies again and again: exited with status 1"
        for (failures, expected) in [(0, []), (1, []), (2, [again])] {
            let end = Mishap("exited with status 1", at: "")
            // It is down while it runs, too, until it has lived for a while: else it would come and go.
            for state in [ProcessStatus.State.waiting, .starting, .running] {
                let found = Self.words {
                    $0.notifiers["n"]?.process = ProcessStatus(state: state, starts: 9, lastEnd: end)
                    $0.notifiers["n"]?.failures = failures
                }
                #expect(found == expected)
            }
        }
    }

    @Test("A daemon that dies again and again is told, although it is started again each time")
    func dyingDaemon() {
        let end = Mishap("exited with status 1", at: "")
        for (failures, expected) in [(1, []), (2, ["late daemon o: dies again and again: exited with status 1"])] {
            let found = Self.words {
                $0.daemons["o"] = DaemonStatus(
                    process: ProcessStatus(state: .running, starts: 9, lastEnd: end),
                    failures: failures
                )
            }
            #expect(found == expected)
        }
    }

    @Test(
        "What to do about one that dies again and again is told by how it ends, or where that stands",
        arguments: [
            ("exited with status 127", nil, nil, "its command was not found"),
            ("exited with status 126", "words", nil, "its command cannot be executed"),
            ("exited with status 0", "words", "no answer within 60 s", "see its last error"),
            ("exited with status 1", "words", nil, "see its last words"),
            ("exited with status 1", nil, nil, "see herald's"),
        ] as [(String, String?, String?, String)]
    )
    func hints(end: String, words: String?, error: String?, hint: String) {
        let report = Self.report {
            $0.notifiers["n"]?.lastError = error.map { Mishap($0, at: "") }
            $0.notifiers["n"]?.failures = 2
            $0.notifiers["n"]?.process = ProcessStatus(
                state: .waiting,
                starts: 2,
                lastEnd: Mishap(end, at: ""),
                lastWords: words
            )
        }
        #expect(report.problems.count == 1 && report.problems[0].hint.hasPrefix(hint))
        #expect(report.problems[0].hint.utf8.count <= 72)
    }

    @Test("What is down comes before what is late; each says what to do")
    func order() {
        let report = Self.report {
            $0.herald.configuration.faults = ["a.ini:1: b; c", "a.ini:2: b; c"]
            $0.databases["d"] = DatabaseStatus(feed: .waiting, lastError: Mishap("cut", at: ""))
            $0.notifiers["n"]?.deadLetters = 3
            $0.notifiers["m"] = NotifierStatus(process: ProcessStatus(state: .running), delivery: .behind, lag: 300)
            $0.notifiers["a"] = NotifierStatus(process: ProcessStatus(state: .stopped), delivery: .behind, lag: 300)
            $0.daemons["o"]?.process = ProcessStatus(state: .halted, lastEnd: Mishap("exited with status 0", at: ""))
            $0.daemons["p"] = DaemonStatus(process: ProcessStatus(state: .stopped))
            $0.store.lastError = Mishap("no space left", at: "")
        }
        #expect(
            report.problems.map(\.description) == [
                "store: cannot be saved: no space left",
                "daemon o: is halted, it died too often: exited with status 0",
                "configuration: has faults, the old one goes on: a.ini:1: b; c (and 1 more)",
                "database d: its feed broke: cut",
                "notifier a: was stopped by hand",
                "notifier m: is 5 min behind",
                "notifier n: 3 dead letters",
                "daemon p: was stopped by hand",
            ]
        )
        #expect(report.problems.map(\.isDown) == [true, true, false, false, false, false, false, false])
        #expect(report.problems.allSatisfy { !$0.hint.isEmpty && $0.hint.utf8.count <= 72 })
        #expect(report.problems[1].hint == "mend it, then: herald start o")
    }

    @Test("Where a notifier and a daemon have one name, the hint says which is meant")
    func sameName() {
        let report = Self.report {
            $0.notifiers["o"] = NotifierStatus(process: ProcessStatus(state: .stopped))
            $0.daemons["o"]?.process.state = .halted
        }
        #expect(report.problems.map(\.hint) == ["mend it, then: herald start daemon:o", "herald start notifier:o"])
    }

    @Test(
        "A lag is told in its largest unit",
        arguments: [
            (61.0, "61 s"), (125, "2 min"), (7300, "2 h"), (200_000, "2 days"), (.infinity, "11574074074 days"),
        ]
    )
    func lag(seconds: Double, words: String) {
        let found = Self.words {
            $0.notifiers["n"]?.delivery = .catchingUp
            $0.notifiers["n"]?.lag = seconds
        }
        #expect(found == ["late notifier n: catches up, \(words) behind"])
    }
}
