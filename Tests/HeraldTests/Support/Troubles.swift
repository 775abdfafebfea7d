import Status

// Reports of what is not well, and what is wrong in them, the worst first.

extension Reports {
    private static func mishap(_ text: String, _ time: String = "11:57:00") -> Mishap {
        Mishap(text, at: "2026-11-21T\(time).000Z")
    }

    static let onFire = report { report in
        report.herald.configuration.faults = [
            "/etc/herald/notifiers.ini:12: outbox: '4XB' is not a size; write it like outbox = 4MB, from 64kB to 1GB",
            "/etc/herald/notifiers.ini:20: command: 'cat \"' has a quote without its end; add it",
        ]
        report.server.state = .unreachable
        report.server.bell = .silent
        report.server.lastError = mishap("nobody answers there (connection refused or unreachable)")
        report.databases = [
            "invoices": DatabaseStatus(feed: .absent),
            "orders": DatabaseStatus(
                feed: .waiting,
                lastRow: "2026-11-21T11:50:00.000Z",
                reconnects: 17,
                changes: 3_456_789,
                lastError: mishap("the feed ended")
            ),
        ]
        report.notifiers = [
            "archive": wellNotifier,
            "indexer": NotifierStatus(
                process: ProcessStatus(
                    state: .waiting,
                    since: 4,
                    starts: 58,
                    lastEnd: mishap("exited with status 1", "11:59:56"),
                    lastWords: "Traceback: no such index 'orders' \u{1B}[31m"
                ),
                failures: 57,
                delivery: .behind,
                lag: 600,
                waitingBytes: 4 << 20,
                lines: 12_345,
                deadLetters: 7
            ),
            "relay": NotifierStatus(
                process: ProcessStatus(state: .running, pid: 4712, since: 86_400, starts: 1),
                delivery: .catchingUp,
                lag: 7380,
                pending: 99_000,
                lines: 1_234_567
            ),
        ]
        report.daemons = [
            "replicator": DaemonStatus(
                process: ProcessStatus(
                    state: .halted,
                    since: 3661,
                    starts: 3,
                    lastEnd: mishap("killed by signal 11 (SIGSEGV)", "10:58:59")
                ),
                failures: 3
            )
        ]
        report.store.lastSave = "2026-11-21T11:49:30.000Z"
        report.store.lastError = mishap("the disk is full", "11:59:58")
    }

    static let fires = [
        Problem(
            .server,
            isDown: true,
            "cannot be reached since 3m",
            hint: "see whether it runs, and whether [source] url is right; Herald asks again by itself"
        ),
        Problem(
            .daemon("replicator"),
            isDown: true,
            "halted after 3 failures within 5s",
            hint: "mend it, then 'herald start daemon:replicator'"
        ),
        Problem(
            .notifier("indexer"),
            isDown: true,
            "it dies again and again: exited with status 1",
            hint: "see its last words, and the log; it is started again by itself"
        ),
        Problem(.database("invoices"), isDown: true, "there is no such database", hint: "create it, or name another"),
        Problem(
            .store,
            isDown: false,
            "cursors cannot be saved: the disk is full",
            hint: "make room on it; nothing is lost meanwhile, but lines may be told again after a restart"
        ),
        Problem(
            .configuration,
            isDown: false,
            "the files have 2 faults, so the configuration from before goes on",
            hint: "mend them; they are read again at once"
        ),
        Problem(.notifier("relay"), isDown: false, "is 2h 3m behind", hint: "see what it waits for"),
        Problem(.notifier("indexer"), isDown: false, "has 7 dead letters", hint: "'herald dead' shows them"),
    ]

    static let manyDatabases = report { report in
        report.databases = [:]
        for number in 0..<10_000 { report.databases["db-\(number)"] = wellDatabase }
        report.databases["db-77"]?.feed = .waiting
        report.databases["db-77"]?.lastError = mishap("HTTP 500: all_dbs_active")
        report.databases["db-5"]?.feed = .waiting
    }

    static let fewInTrouble = [
        Problem(.database("db-77"), isDown: true, "its feed cannot be opened", hint: "raise max_dbs_open"),
        Problem(.database("db-5"), isDown: false, "its feed is opened again and again", hint: "see the server's log"),
    ]

    private static let longName = "customer-" + String(repeating: "0123456789", count: 10) + "-orders"

    static let longNames = report { report in
        report.herald.configuration.files = (1...7).map {
            "/srv/" + String(repeating: "deep/", count: 20) + "conf.d/\($0)0.ini"
        }
        report.server.url = "https://couch.example.com:6984/" + String(repeating: "prefix/", count: 12) + "end"
        report.databases = [
            longName + "-2025": wellDatabase, longName + "-2026": wellDatabase,
            "宛先" + String(repeating: "漢字", count: 40): wellDatabase,
        ]
        report.notifiers = [longName: wellNotifier, "a": wellNotifier]
        report.notifiers[longName]?.process.lastWords = String(repeating: "words ", count: 1000)
        report.daemons = [longName: DaemonStatus(process: ProcessStatus(state: .running, pid: 7_654_321, starts: 1))]
        report.store.folder = "/var/" + String(repeating: "deep/", count: 20) + "herald-state"
        // No real numbers, but what no line may break at.
        report.notifiers["a"]?.lag = 1e11
        report.notifiers["a"]?.lines = .max
    }

    static let longProblems = [
        Problem(
            .notifier(longName),
            isDown: true,
            "cannot be started: /srv/" + String(repeating: "deep/", count: 20) + "run: no such file or directory",
            hint: String(repeating: "look and see ", count: 8)
        )
    ]
}
