/// What a thousand feeds cost on which nothing happens any more.
struct Idle {
    let herald: String
    let household: Household

    private static let feeds = 1000
    /// What each feed has had before it fell idle: enough to fill whatever it keeps for reading.
    private static let rowsEach = 100
    private static let seconds = 10.0

    func run(into report: inout Report) throws {
        say("idle: 1 feed ...")
        let one = try measure(feeds: 1, seconds: 0)
        say("idle: \(Self.feeds) feeds, \(Int(Self.seconds)) s ...")
        let many = try measure(feeds: Self.feeds, seconds: Self.seconds)
        let kilobytes = (many.memory - one.memory) * 1000 / Double(Self.feeds - 1)
        report.sections.append(
            """
            \(grouped(Self.feeds)) idle feeds: \(fixed(many.cpu, 3)) CPU s in \(fixed(Self.seconds, 0)) s, \
            \(fixed(many.memory, 1)) MB; one idle feed: \(fixed(one.memory, 1)) MB
            (of these \(fixed(many.anonymous, 1)) and \(fixed(one.anonymous, 1)) MB are its own, the rest pages of its \
            program and libraries)

            """
        )
        report.reaches.append(
            .atMost(
                20,
                "idle: at most 20 kB a feed beyond the first",
                kilobytes,
                "\(fixed(kilobytes, 1)) kB"
            )
        )
        report.reaches.append(
            .atMost(
                0.005,
                "idle: no measurable CPU (at most 0.5 % of a core)",
                many.cpu / Self.seconds,
                "\(fixed(many.cpu / Self.seconds * 100, 2)) %"
            )
        )
    }

    private func measure(feeds: Int, seconds: Double) throws -> (cpu: Double, memory: Double, anonymous: Double) {
        let rows = feeds * Self.rowsEach
        let generator = try GeneratorProcess(databases: feeds, rows: rows, in: household)
        let process = try HeraldProcess(herald, port: generator.port, notifiers: .plain(1, lines: rows), in: household)
        try process.wait(for: "all feeds to be open", seconds: 60) { try generator.idleFeeds() == feeds }
        try process.waitUntilIdle()
        let before = try process.child.cpuSeconds()
        try household.signals.sleep(seconds: seconds)
        let cpu = try process.child.cpuSeconds() - before
        let (memory, anonymous) = (try process.child.residentMemory(), try process.child.anonymousMemory())
        try process.stop()
        try generator.stop()
        return (cpu, memory, anonymous)
    }
}
