import Testing

@testable import Settings

@Suite("Daemons")
struct DaemonTests {
    private static let head = "[source]\nurl=http://h\n"

    @Test("a daemon without options has the defaults of CouchDB 1.x and of notifiers")
    func defaults() throws {
        let settings = try interpret(Self.head + "[os_daemons]\nd = /path/to/command -with args")
        #expect(settings.daemons.count == 1)
        let daemon = try #require(settings.daemons.first)
        #expect(daemon.name == "d")
        #expect(daemon.command == "/path/to/command -with args")
        #expect(daemon.place == ConfigurationPlace(file: "a.ini", line: 4))
        #expect(daemon.stopTimeout == .seconds(5))
        #expect(daemon.environment.isEmpty)
        #expect(daemon.workingDirectory == "/etc/herald")
        #expect(settings.daemonRetries.maxRetries == 3)
        #expect(settings.daemonRetries.retryTime == .seconds(5))
    }

    @Test("every key is read, and nobody misses a notifier where there is a daemon")
    func everyKey() throws {
        let settings = try interpret(
            Self.head + """
                [os_daemons]
                d = serve
                e = other
                [os_daemon_settings]
                max_retries = 0
                retry_time = 86400 ; a day
                [daemon:d]
                stop_timeout = 10ms
                environment = A=b, C="d, e"
                working_directory = hooks
                """,
            files: files(folders: ["/etc/herald/hooks"])
        )
        #expect(settings.warnings.isEmpty)
        #expect(settings.daemons.map(\.name) == ["d", "e"])
        let daemon = settings.daemons[0]
        #expect(daemon.stopTimeout == .milliseconds(10))
        #expect(daemon.environment.map(\.name) == ["A", "C"])
        #expect(daemon.environment.map(\.value) == ["b", "d, e"])
        #expect(daemon.workingDirectory == "/etc/herald/hooks")
        #expect(settings.daemons[1].stopTimeout == .seconds(5))
        #expect(settings.daemonRetries.maxRetries == 0)
        #expect(settings.daemonRetries.retryTime == .seconds(86_400))
    }

    @Test("a later file replaces a command, removes one by an empty value, and adds one")
    func layers() throws {
        let settings = try interpret(
            "[os_daemons]\na = one\nb = two\nc = three\n[daemon:b]\nstop_timeout = 1s",
            "[os_daemons]\nd = four\nc = 3\nb ="
        )
        #expect(settings.daemons.map(\.name) == ["a", "c", "d"])
        #expect(settings.daemons.map(\.command) == ["one", "3", "four"])
        #expect(settings.daemons.map(\.file) == ["a.ini", "b.ini", "b.ini"])
    }

    @Test("a notifier and a daemon may have the same name, each with options of its own")
    func sameName() throws {
        let settings = try interpret(
            "[os_daemons]\nx = a\n[update_notification]\nx = b\n[daemon:x]\nstop_timeout = 1s\n[notifier:x]\nmerge = never"
        )
        #expect(settings.daemons.map(\.command) == ["a"])
        #expect(settings.daemons.map(\.stopTimeout) == [.seconds(1)])
        #expect(settings.notifiers.map(\.command) == ["b"])
        #expect(settings.notifiers.map(\.stopTimeout) == [.seconds(5)])
    }

    @Test(
        "retry_time is a number of seconds, as CouchDB had it, or a duration",
        arguments: [("1", .seconds(1)), ("90s", .seconds(90)), ("1.5m", .seconds(90)), ("1d", .seconds(86_400))]
            as [(String, Duration)]
    )
    func retryTime(text: String, time: Duration) throws {
        #expect(try interpret("[os_daemon_settings]\nretry_time = \(text)").daemonRetries.retryTime == time)
    }

    @Test(
        "a fault is told with its line, what is wrong and what to do",
        arguments: [
            (
                "[os_daemon_settings]\nmax_retries = three",
                "2: max_retries: 'three' is no whole number; choose a number of 0 to 1000000"
            ),
            (
                "[os_daemon_settings]\nmax_retries = 1000001",
                "2: max_retries: '1000001' is out of range; choose a number of 0 to 1000000"
            ),
            (
                "[os_daemon_settings]\nretry_time = soon",
                "2: retry_time: 'soon' is no duration; write a number and ms, s, m, h or d, as in retry_time = 5s"
            ),
            (
                "[os_daemon_settings]\nretry_time = 0",
                "2: retry_time: '0' is out of range; choose a number of 1 to 86400, or a duration of 1s to 1d"
            ),
            (
                "[os_daemon_settings]\nretry_time = 999ms",
                "2: retry_time: '999ms' is out of range; choose a duration of 1s to 1d"
            ),
            (
                "[os_daemon_settings]\nmax_retry = 3",
                "2: unknown key 'max_retry' in [os_daemon_settings]; did you mean 'max_retries'?"
            ),
            (
                "[os_daemons]\nx = a\nx = b",
                "3: a second daemon with the name 'x', which line 2 has already; rename or remove one of them"
            ),
            (
                "[os_daemons]\nx = echo \"a",
                "2: x: a double quote is not closed in the command; close it as for /bin/sh"
            ),
            ("[os_daemons]\n# x = a", "2: '#' begins no comment; begin comments with ';'"),
            (
                "[daemon:x]",
                "1: no daemon has the name 'x'; add its command to [os_daemons], or remove this section"
            ),
            (
                "[os_daemons]\nsearch = a\n[daemon:serch]",
                "3: no daemon has the name 'serch'; did you mean [daemon:search]?"
            ),
            (
                "[update_notification]\nx = a\n[daemon:x]",
                "3: no daemon has the name 'x'; add its command to [os_daemons], or remove this section"
            ),
            (
                "[os_daemons]\nx=a\n[daemon:x]\nstop_timeout = 2h",
                "4: stop_timeout: '2h' is out of range; choose a duration of 10ms to 1h"
            ),
            (
                "[os_daemons]\nx=a\n[daemon:x]\nenvironment = HERALD_DAEMON=y",
                "4: environment: HERALD_DAEMON is set by Herald itself; choose another name"
            ),
            (
                "[os_daemons]\nx=a\n[daemon:x]\nworking_directory = away",
                "4: working_directory: /etc/herald/away cannot be used: No such file or directory; "
                    + "make it; relative paths start from the folder of the file in which they stand"
            ),
            (
                "[os_daemons]\nx=a\n[daemon:x]\nmerge = never",
                "4: unknown key 'merge' in [daemon:x]; known keys are: stop_timeout, environment, working_directory"
            ),
        ]
    )
    func told(text: String, fault: String) {
        #expect(faults(text) == ["a.ini:\(fault)"])
    }

    @Test("what has only moved is the same; what says something else is not")
    func moved() throws {
        let old = try interpret("[os_daemons]\nd = a\n[update_notification]\nn = b")
        let new = try interpret("; moved\n[update_notification]\n\nn = b\n[os_daemons]\n\nd = a")
        #expect(old.daemons != new.daemons)
        #expect(old.daemons[0].isSame(as: new.daemons[0]))
        #expect(old.notifiers[0].isSame(as: new.notifiers[0]))
        let other = try interpret("[os_daemons]\nd = a2\n[update_notification]\nn = b\n[notifier:n]\nmerge = never")
        #expect(!old.daemons[0].isSame(as: other.daemons[0]))
        #expect(!old.notifiers[0].isSame(as: other.notifiers[0]))
    }

    @Test("the summary shows each daemon with its options, and when one is halted")
    func summary() throws {
        let summary = try interpret(
            Self.head
                + "[os_daemons]\nd = run http://u:SECRET@h\n[daemon:d]\nenvironment = A=b, API_KEY=SECRET\nstop_timeout = 1m"
        ).summary()
        #expect(!summary.contains("SECRET"))
        #expect(
            summary.hasSuffix(
                """
                no notifier
                daemon d (a.ini:4)
                  command            run http://***@h
                  stop_timeout       1m
                  environment        A=b, API_KEY=***
                  working_directory  /etc/herald
                daemons that die
                  max_retries        3
                  retry_time         5s

                """
            )
        )
        #expect(try !interpret(Self.head).summary().contains("max_retries"))
    }
}
