import TestSupport
import Testing

@Suite("herald check, and what herald run says of the same configuration")
struct CheckTests {
    /// Runs `herald` with these arguments to its end.
    private func herald(
        _ arguments: String...,
        environment: [String: String] = [:],
        in folder: TemporaryFolder? = nil
    ) async throws -> (exit: HeraldProcess.Exit, stdout: [String], stderr: [String]) {
        let herald = try HeraldProcess(arguments, environment: environment, workingDirectory: folder?.path)
        let exit = try await herald.waitForExit()
        return (exit, herald.stdout, herald.stderr)
    }

    @Test("check shows the server, the databases and each notifier with its options, and exits with 0")
    func shows() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "herald.ini",
            """
            [source]
            url = http://couch.example:5984/prefix/
            databases = orders, invoices-*, !invoices-old
            since = 0
            heartbeat = 30s
            [update_notification]
            warmer = /usr/bin/ruby view_updater.rb -with "cmd line arg"
            log = cat >> notices
            [notifier:warmer]
            databases = orders
            types = updated, ddoc_updated
            stop_timeout = 1m
            environment = LANG=C.UTF-8, API_TOKEN=hidden
            working_directory = /
            merge = never
            """
        )
        let (exit, stdout, stderr) = try await herald("check", "-c", path)
        #expect(exit == .status(0))
        #expect(stderr.isEmpty)
        let words = stdout.map { $0.split(separator: " ").joined(separator: " ") }
        for line in [
            "url http://couch.example:5984/prefix", "login none", "databases orders, invoices-*, !invoices-old",
            "since 0", "heartbeat 30s", "notifier warmer (\(path):7)",
            #"command /usr/bin/ruby view_updater.rb -with "cmd line arg""#, "databases orders",
            "types updated, ddoc_updated", "stop_timeout 1m", "environment LANG=C.UTF-8, API_TOKEN=***",
            "working_directory /", "merge never", "notifier log (\(path):8)", "command cat >> notices",
            "working_directory \(folder.path)", "merge when_behind",
        ] {
            #expect(words.contains(line), "\(stdout)")
        }
    }

    @Test("Every fault is told as file:line: what is wrong; what to do, with exit 78, and run says the same")
    func faults() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "bad.ini",
            """
            [herald]
            log_level = loud
            [source]
            url = couch.example
            databases = orders, !
            since = yesterday
            heartbeat = 10
            rescan = 99h
            password_file = not-there
            colour = red
            [update_notification]
            one = cat "unfinished
            second = cat
            second = cat
            [notifier:second]
            types = updated, exploded
            stop_timeout = soon
            environment = 1=2=3
            working_directory = nowhere
            merge = often
            [notifier:secnd]
            merge = never
            """
        )
        let checked = try await herald("check", "-c", path)
        #expect(checked.exit == .status(78))
        #expect(checked.stdout.isEmpty)
        let lines = Set(
            checked.stderr.compactMap { line -> Int? in
                #expect(line.hasPrefix("\(path):") && line.contains("; "), "\(line)")
                return Int(line.dropFirst(path.count + 1).prefix { $0 != ":" })
            }
        )
        #expect(lines.isSuperset(of: [2, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 17, 18, 19, 20, 21]), "\(checked.stderr)")
        #expect(checked.stderr.contains { $0.contains("did you mean [notifier:second]?") })
        let run = try await herald("run", "-c", path)
        #expect(run.exit == .status(78))
        #expect(run.stdout.isEmpty)
        #expect(run.stderr == checked.stderr)
    }

    @Test("Several -c are layers, of which later ones win; a folder stands for its *.ini in name order")
    func layers() async throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("conf.d")
        let base = try folder.write(
            "base.ini",
            "[source]\nurl = http://base:1\nsince = 0\n[update_notification]\na = first a\nb = first b\n"
        )
        try folder.write("conf.d/20.ini", "[source]\nurl = http://twenty:20\n[update_notification]\na = second a\n")
        try folder.write("conf.d/10.ini", "[source]\nurl = http://ten:10\nrescan = 7s\n")
        try folder.write("conf.d/30.ini.off", "[source]\nurl = http://off:30\n")
        let last = try folder.write("last.ini", "[update_notification]\nb =\nc = third c\n")

        let both = try await herald("check", "-c", base, "-c", folder.path("conf.d"), "-c", last)
        #expect(both.exit == .status(0))
        let words = both.stdout.map { $0.split(separator: " ").joined(separator: " ") }
        for line in ["url http://twenty:20", "since 0", "rescan 7s", "command second a", "command third c"] {
            #expect(words.contains(line), "\(both.stdout)")
        }
        #expect(words.filter { $0.hasPrefix("notifier ") }.map { $0.split(separator: " ")[1] } == ["a", "c"])

        let other = try await herald("check", "-c", folder.path("conf.d"), "-c", base)
        #expect(other.stdout.contains { $0.hasSuffix(" http://base:1") })
    }

    @Test("Without -c it is ./notifiers.ini, and where there is none both say so with 78")
    func defaultFile() async throws {
        let folder = try TemporaryFolder()
        let missing = try await herald("check", in: folder)
        #expect(missing.exit == .status(78))
        #expect(missing.stderr.count == 1)
        #expect(missing.stderr.first?.hasPrefix("notifiers.ini: cannot be read: ") == true)
        #expect(missing.stderr.first?.contains("; name the configuration with -c") == true)
        #expect(try await herald("run", in: folder).stderr == missing.stderr)

        try folder.write("notifiers.ini", "[source]\nurl = http://here:1\n[update_notification]\na = cat\n")
        let found = try await herald("check", in: folder)
        #expect(found.exit == .status(0))
        #expect(found.stdout.contains { $0.hasSuffix(" http://here:1") })
    }

    @Test("The notifiers.ini of the repository passes")
    func reference() async throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let (exit, stdout, stderr) = try await herald("check", "-c", "/\(root)/notifiers.ini")
        #expect(exit == .status(0))
        #expect(stdout.contains { $0.hasSuffix(" http://127.0.0.1:5984") })
        // All of its notifiers are examples in comments.
        #expect(stderr.count == 1 && stderr.first?.contains("no notifier") == true)
    }

    @Test("The reference of every key, its comments taken off, has no fault but the folders that it names")
    func referenceUncommented() async throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = String(decoding: try readFile("/\(root)/notifiers.ini"), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let isExample = line.hasPrefix(";") && !line.hasPrefix("; ") && line != ";"
            let isEmpty = line.hasSuffix("=")
            return isExample && !isEmpty ? String(line.dropFirst()) : String(line)
        }
        let folder = try TemporaryFolder()
        let path = try folder.write("notifiers.ini", lines.joined(separator: "\n"))
        let (_, _, stderr) = try await herald("check", "-c", path)
        #expect(lines.contains("stop_timeout = 5s"))
        for line in stderr { #expect(line.contains("/srv/hooks"), "\(line)") }
    }

    @Test("check shows no secret, wherever it stands")
    func masked() async throws {
        let folder = try TemporaryFolder()
        try folder.write("password", "secret-file\n", mode: 0o600)
        let commands = """
            [update_notification]
            relay = curl -T - https://bob:secret-command@relay.example/
            [notifier:relay]
            environment = RELAY_PASSWORD=secret-variable
            """
        let ways: [(source: String, environment: [String: String])] = [
            ("url = http://admin:secret-url@couch.example:5984", [:]),
            ("username = admin\npassword = secret-key", [:]),
            ("username = admin\npassword_file = password", [:]),
            ("token_file = password", [:]),
            ("", ["HERALD_SOURCE_USERNAME": "admin", "HERALD_SOURCE_PASSWORD": "secret-environment"]),
            // A fault must not show the line either.
            ("url = http://admin:secret-url@:99999999/", [:]),
            ("url = admin:secret-url@couch.example", [:]),
            ("pasword = secret-key", [:]),
            ("secret-line", [:]),
        ]
        for way in ways {
            let path = try folder.write("notifiers.ini", "[source]\n\(way.source)\n\(commands)\n")
            let (exit, stdout, stderr) = try await herald("check", "-c", path, environment: way.environment)
            #expect(exit == .status(0) || exit == .status(78))
            #expect(!(stdout + stderr).isEmpty)
            #expect(!(stdout + stderr).contains { $0.contains("secret-") }, "\(stdout + stderr)")
        }
    }
}
