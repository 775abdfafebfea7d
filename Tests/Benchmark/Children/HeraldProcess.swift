import Glibc

/// A running `herald run` with sinks for notifiers.
final class HeraldProcess {
    let child: Child
    let started: Int
    private let household: Household
    private let notifiers: [Notifier]
    private let reports: [String]
    private let logPath: String

    /// A notifier of it.
    struct Notifier {
        var name: String
        /// How many lines it waits for.
        var lines: Int
        /// Lines of its section.
        var options: [String]
        var answers = SinkAnswers.none
    }

    /// - Parameters:
    ///   - state: Its state folder, if not one of its own.
    ///   - times: Where the sinks, of which there is then one, note the arrival of each line.
    init(
        _ program: String,
        port: Int,
        databases: String = RenderedDatabases.allButLive,
        notifiers: [Notifier],
        state: String? = nil,
        times: String? = nil,
        in household: Household
    ) throws {
        self.household = household
        self.notifiers = notifiers
        reports = notifiers.map { household.newFile($0.name) }
        logPath = household.newFile("herald.log")
        var settings = """
            [herald]
            listen =
            log_level = warning
            state_dir = \(state ?? household.newFile("state"))
            [source]
            url = http://127.0.0.1:\(port)
            databases = \(databases)
            since = 0
            [update_notification]

            """
        let program = (herald: program, sink: Self.quoted(try Files.ownExecutable()))
        let times = times.map { " --times \(Self.quoted($0))" } ?? ""
        for (notifier, report) in zip(notifiers, reports) {
            settings +=
                "\(notifier.name) = \(program.sink) sink --expect \(notifier.lines) --report \(Self.quoted(report))"
            settings += " --answers \(notifier.answers.rawValue)\(times)\n"
        }
        for notifier in notifiers {
            settings += "[notifier:\(notifier.name)]\ntypes = updated\n\(notifier.options.joined(separator: "\n"))\n"
        }
        let settingsPath = household.newFile("herald.ini")
        try Files.write(settings, to: settingsPath)
        let logPath = logPath
        let log = try call("open \(logPath)") { open(logPath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600) }
        defer { close(log) }
        started = monotonicNanoseconds()
        child = try household.start([program.herald, "run", "-c", settingsPath], output: log, errors: log)
    }

    /// Waits until every sink has all its lines. Gives the times of the first one and of the last one, in monotonic
    /// nanoseconds.
    @discardableResult
    func waitForSinks(seconds: Double) throws -> (first: Int, last: Int) {
        let expecting = zip(notifiers, reports).filter { $0.0.lines > 0 }.map(\.1)
        try wait(for: "the notifiers to have all their lines", seconds: seconds) {
            expecting.allSatisfy { SinkReport($0).reached != nil }
        }
        let told = expecting.map { SinkReport($0) }
        return (told.compactMap(\.first).min() ?? 0, told.compactMap(\.reached).max() ?? 0)
    }

    /// Waits until it uses no CPU to speak of any more.
    func waitUntilIdle() throws {
        var before = -1.0
        try wait(for: "herald to be idle", seconds: 30) {
            // The span over which the CPU that it uses is measured.
            try self.household.signals.sleep(seconds: 0.2)
            let now = try self.child.cpuSeconds()
            defer { before = now }
            return now - before < 0.002
        }
    }

    /// Waits for a condition, and fails if Herald ends before it holds.
    func wait(for what: String, seconds: Double, _ condition: () throws -> Bool) throws {
        do {
            try household.signals.wait(for: what, seconds: seconds) {
                if self.child.hasEnded() { throw BenchError("herald has ended") }
                return try condition()
            }
        } catch let error as BenchError {
            let log = Files.read(logPath) ?? ""
            throw BenchError(log.isEmpty ? "\(error)" : "\(error); herald's log:\n\(log)")
        }
    }

    /// Stops it in order, and looks whether each sink had exactly its lines.
    func stop() throws {
        child.signal(SIGTERM)
        let end = try household.wait(for: child, seconds: 30)
        let log = Files.read(logPath) ?? ""
        guard end.exitCode == 0 else { throw BenchError("herald ended with status \(end.status); its log:\n\(log)") }
        for (notifier, report) in zip(notifiers, reports) {
            let total = SinkReport(report).total
            guard total == notifier.lines else {
                let found = total.map(String.init) ?? "no"
                throw BenchError(
                    "the notifier \(notifier.name) had \(found) lines instead of \(notifier.lines)\n\(log)"
                )
            }
        }
        if !log.isEmpty { say("herald's log:\n\(log)") }
    }

    /// For the shell.
    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}

extension [HeraldProcess.Notifier] {
    /// So many that get a line for each row.
    static func plain(_ count: Int, lines: Int) -> [HeraldProcess.Notifier] {
        (0..<count).map { HeraldProcess.Notifier(name: "sink-\($0)", lines: lines, options: ["merge = never"]) }
    }
}
