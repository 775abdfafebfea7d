import Status
import Testing

@testable import herald

@Suite("The table of herald status")
struct StatusTableTests {
    private func text(_ report: StatusReport, _ problems: [Problem] = [], width: Int = 80) -> String {
        StatusTable(report, problems: problems, width: width).lines.map(\.text).joined(separator: "\n")
    }

    private func widest(_ text: String) -> Int {
        text.split(separator: "\n").map { FittedText.width(String($0)) }.max() ?? 0
    }

    @Test("Where all is well it says so, and shows every part on one screen")
    func allWell() {
        #expect(
            text(Reports.allWell) == """
                herald 1.2.3: all is well
                  running for 2d 2h, process 4242, 2 reloads
                  configuration read 3h 30m ago from
                    /etc/herald/notifiers.ini
                    /etc/herald/conf.d/10-more.ini

                server http://127.0.0.1:5984
                  reachable, CouchDB 3.5.0, its bell rings

                notifiers (2)
                  NAME     STATE     PID  DELIVERY     LAG   LINES  RESTARTS  DEAD
                  indexer  running  4711  live           -  12,345         0     -
                  relay    running  4712  catching up   3s    1.2M         2     -

                daemons (1)
                  NAME        STATE     PID    FOR  RESTARTS  FAILURES  REGISTERED
                  replicator  running  4713  2d 2h         0         -           2

                databases (2)
                  NAME      FEED  CHANGES  LAST ROW  RECONNECTS
                  invoices  open        0         -           3
                  orders    open      815    3s ago           0

                store /var/lib/herald
                  1.2 MB, saved 0.4s ago
                """
        )
    }

    @Test("What is on fire comes first in every part, and the worst part first, each with what to do")
    func onFire() {
        #expect(
            text(Reports.onFire, Reports.fires) == #"""
                herald 1.2.3: 8 problems
                  running for 2d 2h, process 4242, 2 reloads
                  configuration read 3h 30m ago from
                    /etc/herald/notifiers.ini
                    /etc/herald/conf.d/10-more.ini
                  ! the files have 2 faults, so the configuration from before goes on
                    hint: mend them; they are read again at once
                    fault: /etc/herald/notifiers.ini:12: outbox: '4XB' is not a size; write it
                           like outbox = 4MB, from 64kB to 1GB
                    fault: /etc/herald/notifiers.ini:20: command: 'cat "' has a quote without
                           its end; add it

                server http://127.0.0.1:5984
                  unreachable, CouchDB 3.5.0
                  ! cannot be reached since 3m
                    hint: see whether it runs, and whether [source] url is right; Herald asks
                    again by itself
                    last error: nobody answers there (connection refused or unreachable) (3m ag…

                daemons (1)
                  NAME        STATE   PID    FOR  RESTARTS  FAILURES  REGISTERED
                  replicator  halted    -  1h 1m         2         3           -
                    ! halted after 3 failures within 5s
                      hint: mend it, then 'herald start daemon:replicator'
                      last end: killed by signal 11 (SIGSEGV) (1h 1m ago)

                notifiers (3)
                  NAME     STATE     PID  DELIVERY       LAG   LINES  RESTARTS  DEAD
                  indexer  waiting     -  behind         10m  12,345        57     7
                    ! it dies again and again: exited with status 1
                      hint: see its last words, and the log; it is started again by itself
                    ! has 7 dead letters
                      hint: 'herald dead' shows them
                      last words: Traceback: no such index 'orders' \u001B[31m
                  relay    running  4712  catching up  2h 3m    1.2M         0     -
                    ! is 2h 3m behind
                      hint: see what it waits for
                  archive  running  4711  live             -  12,345         0     -

                databases (2)
                  NAME      FEED     CHANGES  LAST ROW  RECONNECTS
                  invoices  absent         0         -           0
                    ! there is no such database
                      hint: create it, or name another
                  orders    waiting     3.5M   10m ago          17

                store /var/lib/herald
                  1.2 MB, saved 10m 30s ago
                  ! cursors cannot be saved: the disk is full
                    hint: make room on it; nothing is lost meanwhile, but lines may be told
                    again after a restart
                """#
        )
    }

    @Test("Of 10,000 databases only those in trouble are shown, and the others counted")
    func manyDatabases() {
        #expect(
            text(Reports.manyDatabases, Reports.fewInTrouble) == """
                herald 1.2.3: 2 problems
                  running for 2d 2h, process 4242, 2 reloads
                  configuration read 3h 30m ago from
                    /etc/herald/notifiers.ini
                    /etc/herald/conf.d/10-more.ini

                databases (10,000)
                  NAME   FEED     CHANGES  LAST ROW  RECONNECTS
                  db-77  waiting      815    3s ago           0
                    ! its feed cannot be opened
                      hint: raise max_dbs_open
                      last error: HTTP 500: all_dbs_active (3m ago)
                  db-5   waiting      815    3s ago           0
                    ! its feed is opened again and again
                      hint: see the server's log
                  9,998 others without a problem

                server http://127.0.0.1:5984
                  reachable, CouchDB 3.5.0, its bell rings

                notifiers (1)
                  NAME     STATE     PID  DELIVERY  LAG   LINES  RESTARTS  DEAD
                  indexer  running  4711  live        -  12,345         0     -

                daemons: none

                store /var/lib/herald
                  1.2 MB, saved 0.4s ago
                """
        )
        let allInTrouble = (0..<10_000).map {
            Problem(.database("db-\($0)"), isDown: true, "cannot be read", hint: "see to it")
        }
        let text = text(Reports.manyDatabases, allInTrouble)
        #expect(text.contains("\n  and 9,980 more in trouble; 'herald status --json' shows all\n"))
        #expect(text.contains("\n  db-19 ") && !text.contains("\n  db-20 ") && !text.contains("without a problem"))
        #expect(text.hasPrefix("herald 1.2.3: 10,000 problems\n"))
    }

    @Test("Long names and paths are cut so that they can still be told apart, and no line is too long")
    func longNames() {
        let text = text(Reports.longNames, Reports.longProblems)
        #expect(
            text == """
                herald 1.2.3: 1 problem
                  running for 2d 2h, process 4242, 2 reloads
                  configuration read 3h 30m ago from
                    …/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/conf.d/10.ini
                    …/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/conf.d/20.ini
                    …/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/conf.d/30.ini
                    …/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/conf.d/40.ini
                    …/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/conf.d/50.ini
                    and 2 more

                notifiers (2)
                  NAME              STATE     PID  DELIVERY          LAG   LINES  RESTARTS  DEAD
                  customer…-orders  running  4711  live                -  12,345         0     -
                    ! cannot be started:
                      /srv/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep
                      /deep/deep/deep/deep/deep/deep/run: no such file or directory
                      hint: look and see look and see look and see look and see look and see
                      look and see look and see look and see
                      last words: words words words words words words words words words words w…
                  a                 running  4711  live      1157407d 9h     18E         0     -

                server https://couch.example.com:6984/prefi…efix/prefix/prefix/prefix/prefix/end
                  reachable, CouchDB 3.5.0, its bell rings

                daemons (1)
                  NAME                     STATE        PID  FOR  RESTARTS  FAILURES  REGISTERED
                  customer-01…6789-orders  running  7654321    -         0         -           -

                databases (3)
                  NAME                                       FEED  CHANGES  LAST ROW  RECONNECTS
                  customer-01234567890…23456789-orders-2025  open      815    3s ago           0
                  customer-01234567890…23456789-orders-2026  open      815    3s ago           0
                  宛先漢字漢字漢字漢字…漢字漢字漢字漢字漢字  open      815    3s ago           0

                store …/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/herald-state
                  1.2 MB, saved 0.4s ago
                """
        )
        #expect(widest(text) <= 80)
    }

    @Test("A wider terminal is used, a narrower one is not obeyed")
    func widths() {
        let wide = text(Reports.longNames, Reports.longProblems, width: 132)
        #expect((81...132).contains(widest(wide)))
        #expect(text(Reports.longNames, width: 40) == text(Reports.longNames))
    }

    @Test("A problem of what has no row is shown all the same")
    func stray() {
        let problem = Problem(.daemon("gone"), isDown: false, "is lost", hint: "look for it")
        #expect(text(Reports.allWell, [problem]).contains("\n  daemon:gone\n    ! is lost\n      hint: look for it\n"))
    }

    @Test("What other programs wrote can neither forge a line nor command the terminal")
    func escaped() {
        let report = Reports.report { report in
            report.server.url = "http://a\u{1B}[2J"
            report.server.version = "3\n5"
            report.notifiers = ["evil\u{202E}": Reports.wellNotifier]
            report.notifiers["evil\u{202E}"]?.process.lastWords = "gone\r\u{7}"
            report.databases = ["d\n": Reports.wellDatabase]
            report.store.folder = "/s\tx"
        }
        let problem = Problem(.notifier("evil\u{202E}"), isDown: true, "died:\u{1B}c", hint: "h\n")
        let text = text(report, [problem])
        let isControl: (Unicode.Scalar) -> Bool = {
            $0 != "\n" && [.control, .format].contains($0.properties.generalCategory)
        }
        #expect(!text.unicodeScalars.contains(where: isControl))
        for part in [#"http://a\u001B[2J"#, #"3\u000A5"#, #"evil\u202E"#, #"gone\u000D\u0007"#, #"died:\u001Bc"#] {
            #expect(text.contains(part))
        }
    }

    @Test("Colours are only added where they are wanted")
    func colours() {
        let line = StyledLine(text: "it is down", style: .down)
        #expect(line.rendered(hasColours: false) == "it is down")
        #expect(line.rendered(hasColours: true) == "\u{1B}[31mit is down\u{1B}[0m")
        #expect(StyledLine(text: "plain").rendered(hasColours: true) == "plain")
    }
}
