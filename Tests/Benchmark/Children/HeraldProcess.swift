import Glibc

/// A running `herald run` with sinks for notifiers.
final class HeraldProcess {
    let child: Child
    let started: Int
    private let household: Household
    private let reports: [String]
    private let logPath: String

    /// - Parameters:
    ///   - expect: How many lines each sink waits for.
    ///   - times: Where the sinks, of which there is then one, note the arrival of each line.
    init(
        _ program: String,
        port: Int,
        databases: String = RenderedDatabases.allButLive,
        notifiers: Int,
        expect: Int,
        times: String? = nil,
        in household: Household
    ) throws {
        self.household = household
        let reports = (0..<notifiers).map { household.newFile("sink-\($0)") }
        self.reports = reports
        logPath = household.newFile("herald.log")
        var settings = """
            [herald]
            log_level = warning
            state_dir = \(household.newFile("state"))
            [source]
            url = http://127.0.0.1:\(port)
            databases = \(databases)
            since = 0
            [update_notification]

            """
        let sink = Self.quoted(try Files.ownExecutable())
        for (number, report) in reports.enumerated() {
            let times = times.map { " --times \(Self.quoted($0))" } ?? ""
            settings += "sink-\(number) = \(sink) sink --expect \(expect) --report \(Self.quoted(report))\(times)\n"
        }
        for number in 0..<notifiers {
            settings += "[notifier:sink-\(number)]\ntypes = updated\nmerge = never\n"
        }
        let settingsPath = household.newFile("herald.ini")
        try Files.write(settings, to: settingsPath)
        let logPath = logPath
        let log = try call("open \(logPath)") { open(logPath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600) }
        defer { close(log) }
        started = monotonicNanoseconds()
        child = try household.start([program, "run", "-c", settingsPath], output: log, errors: log)
    }

    /// Waits until every sink has all its lines. Gives the time of the last one, in monotonic nanoseconds.
    func waitForSinks(seconds: Double) throws -> Int {
        try wait(for: "the notifiers to have all their lines", seconds: seconds) {
            self.reports.allSatisfy { SinkReport($0).reached != nil }
        }
        return reports.compactMap { SinkReport($0).reached }.max() ?? 0
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
    func stop(expecting lines: Int) throws {
        child.signal(SIGTERM)
        let end = try household.wait(for: child, seconds: 30)
        let log = Files.read(logPath) ?? ""
        guard end.exitCode == 0 else { throw BenchError("herald ended with status \(end.status); its log:\n\(log)") }
        for report in reports {
            let total = SinkReport(report).total
            guard total == lines else {
                throw BenchError("a notifier had \(total.map(String.init) ?? "no") lines instead of \(lines)\n\(log)")
            }
        }
        if !log.isEmpty { say("herald's log:\n\(log)") }
    }

    /// For the shell.
    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
