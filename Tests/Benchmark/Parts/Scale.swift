/// What ten thousand databases cost that all ten notifiers follow: to find
/// them, to wait for them, to have one change each a second and every cursor
/// saved, and to find them again.
struct Scale {
    let herald: String
    let household: Household

    private static let databases = 10_000
    private static let notifiers = 10
    private static let idleSeconds = 5.0
    private static let pulses = 5

    func run(into report: inout Report) throws {
        let generator = try GeneratorProcess(databases: Self.databases, rows: 0, in: household)
        let state = household.newFile("state")
        let lines = Self.pulses * Self.databases

        say("scale: \(grouped(Self.databases)) databases, first start ...")
        let first = try start(lines: lines, state, generator)
        let (firstWall, firstCPU) = try find(first, generator)
        say("scale: idle, \(Int(Self.idleSeconds)) s ...")
        let before = try first.child.cpuSeconds()
        try household.signals.sleep(seconds: Self.idleSeconds)
        let idle = (try first.child.cpuSeconds() - before) / Self.idleSeconds
        say("scale: a change a second in each, \(Self.pulses) s ...")
        let quiet = try first.child.cpuSeconds()
        try generator.addRowsEverywhere(Self.pulses, every: 1000)
        try generator.waitForRows(seconds: 60)
        try first.waitForSinks(seconds: 60)
        try first.waitUntilIdle()
        let busy = (try first.child.cpuSeconds() - quiet) / Double(Self.pulses)
        let peak = try first.child.peakMemory()
        try first.stop()

        say("scale: second start ...")
        let second = try start(lines: 0, state, generator)
        let (secondWall, secondCPU) = try find(second, generator)
        try second.stop()
        try generator.stop()

        var table = Table(["\(grouped(Self.databases)) databases, \(Self.notifiers) notifiers", "CPU s", "wall s"])
        table.append(["first start, until all feeds are open", fixed(firstCPU, 2), fixed(firstWall, 2)])
        table.append(["second start, from as many cursors", fixed(secondCPU, 2), fixed(secondWall, 2)])
        table.append(["a second without changes", fixed(idle, 4)])
        table.append(["a second with a change in each", fixed(busy, 3)])
        report.sections.append(table.text + "Peak \(fixed(peak, 1)) MB.\n")
    }

    private func start(lines: Int, _ state: String, _ generator: GeneratorProcess) throws -> HeraldProcess {
        try HeraldProcess(
            herald,
            port: generator.port,
            notifiers: .plain(Self.notifiers, lines: lines),
            state: state,
            in: household
        )
    }

    /// Waits until all feeds are open, and what follows from that is done.
    private func find(_ process: HeraldProcess, _ generator: GeneratorProcess) throws -> (wall: Double, cpu: Double) {
        try process.wait(for: "all feeds to be open", seconds: 60) { try generator.idleFeeds() == Self.databases }
        let wall = Double(monotonicNanoseconds() - process.started) / 1e9
        try process.waitUntilIdle()
        return (wall, try process.child.cpuSeconds())
    }
}
