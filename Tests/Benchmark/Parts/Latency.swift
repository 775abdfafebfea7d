import Glibc

/// How long a row takes from the server to the notifier, and to `curl -N` that
/// reads the same feed at the same time.
struct Latency {
    let herald: String
    let household: Household

    private static let rows = 500
    private static let interval = 10

    func run(into report: inout Report) throws {
        guard Pipeline.exists("curl") else { return say("no curl here, so no comparison of latency with it") }
        say("latency: \(Self.rows) rows, one every \(Self.interval) ms ...")
        let (sentPath, arrivalsPath) = (household.newFile("sent"), household.newFile("arrivals"))
        let generator = try GeneratorProcess(databases: 1, rows: 0, times: sentPath, in: household)
        let process = try HeraldProcess(
            herald,
            port: generator.port,
            databases: RenderedDatabases.live,
            notifiers: .plain(1, lines: Self.rows),
            times: arrivalsPath,
            in: household
        )
        let url = "http://127.0.0.1:\(generator.port)/live/_changes?feed=continuous&since=0&heartbeat=10000"
        let pipe = try makePipe()
        defer { close(pipe.read) }
        let curl = try household.start(["curl", "-sN", url], output: pipe.write)
        close(pipe.write)
        try process.wait(for: "both feeds to be open", seconds: 30) { try generator.idleFeeds() == 2 }
        try process.waitUntilIdle()
        try generator.addLiveRows(Self.rows, every: Self.interval)
        let seenByCurl = try arrivals(from: pipe.read)
        try generator.waitForRows(seconds: 30)
        try process.waitForSinks(seconds: 30)
        curl.signal(SIGTERM)
        try household.wait(for: curl, seconds: 10)
        try process.stop()
        try generator.stop()

        let sent = times(sentPath)
        let throughHerald = try delays(sent, times(arrivalsPath))
        let throughCurl = try delays(sent, seenByCurl)
        tell(throughHerald, throughCurl, in: &report)
    }

    private func tell(_ herald: [Double], _ curl: [Double], in report: inout Report) {
        var table = Table(["from the server's write, ms", "median", "p99"])
        for (name, delays) in [("to the line at the notifier", herald), ("to the line from curl -N", curl)] {
            table.append([name, fixed(delays.median, 3), fixed(delays.quantile(0.99), 3)])
        }
        let more = (herald.median - curl.median, herald.quantile(0.99) - curl.quantile(0.99))
        table.append(["more through Herald", fixed(more.0, 3), fixed(more.1, 3)])
        report.sections.append(table.text)
        report.reaches.append(
            .atMost(1, "latency: at most 1 ms more than curl -N (median)", more.0, "\(fixed(more.0, 3)) ms")
        )
    }

    /// When each row came, read here as a notifier would.
    private func arrivals(from descriptor: CInt) throws -> [Int] {
        var arrivals: [Int] = []
        var isLineStart = true
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        try household.signals.wait(for: "curl to have all rows", seconds: 60) {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            while arrivals.count < Self.rows, poll(&ready, 1, 50) > 0 {
                let count = try call("read") { read(descriptor, &buffer, buffer.count) }
                guard count > 0 else { throw BenchError("curl has ended") }
                let now = monotonicNanoseconds()
                for byte in buffer[..<count] {
                    // Blank lines precede rows.
                    if byte == UInt8(ascii: "\n"), !isLineStart { arrivals.append(now) }
                    isLineStart = byte == UInt8(ascii: "\n")
                }
            }
            return arrivals.count >= Self.rows
        }
        return arrivals
    }

    private func times(_ path: String) -> [Int] {
        (Files.read(path) ?? "").split(separator: "\n").compactMap { Int($0) }
    }

    /// In milliseconds.
    private func delays(_ sent: [Int], _ arrived: [Int]) throws -> [Double] {
        guard sent.count == Self.rows, arrived.count == Self.rows else {
            throw BenchError("\(sent.count) rows were sent and \(arrived.count) came, instead of \(Self.rows)")
        }
        return zip(sent, arrived).map { Double($1 - $0) / 1e6 }
    }
}
