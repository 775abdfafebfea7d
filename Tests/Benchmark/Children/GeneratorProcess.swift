import Glibc

/// A running ``Generate``, led through its stdin.
final class GeneratorProcess {
    let port: Int
    private let child: Child
    private let household: Household
    private let commands: CInt
    private let answers: CInt
    private var unread: [UInt8] = []

    /// - Parameters:
    ///   - normal: Whether normal feeds matter: their rows are rendered before. Notifiers that a loaded machine makes
    ///     slow need some anyway, to catch up.
    ///   - pace: How many rows a second these give.
    init(
        databases: Int,
        rows: Int,
        normal: Bool = false,
        pace: Int? = nil,
        times: String? = nil,
        in household: Household
    ) throws {
        self.household = household
        let input = try makePipe()
        let output = try makePipe()
        defer {
            close(input.read)
            close(output.write)
        }
        (commands, answers) = (input.write, output.read)
        var command = [try Files.ownExecutable(), "generate", "--databases", "\(databases)", "--rows", "\(rows)"]
        if normal { command.append("--normal") }
        if let pace { command += ["--pace", "\(pace)"] }
        if let times { command += ["--times", times] }
        child = try household.start(command, input: input.read, output: output.write)
        // Until the rows are rendered.
        let line = try Self.readLine(from: answers, &unread, of: child, in: household, seconds: 120)
        guard let port = Int(line) else { throw BenchError("the generator said \(line) instead of its port") }
        self.port = port
    }

    /// The feed of database `number`; continuous, ending behind its rows.
    func endingFeed(_ number: String) -> String {
        "http://127.0.0.1:\(port)/bench-\(number)/_changes?feed=continuous&since=0&timeout=1000"
    }

    /// How many open feeds have nothing left to send.
    func idleFeeds() throws -> Int {
        try Files.writeAll("feeds\n", to: commands)
        return Int(try answer(seconds: 10)) ?? 0
    }

    /// Adds rows to the live database. Returns at once.
    func addLiveRows(_ count: Int, every milliseconds: Int) throws {
        try Files.writeAll("go \(count) \(milliseconds)\n", to: commands)
    }

    /// Adds rows to each of the other databases. Returns at once.
    func addRowsEverywhere(_ count: Int, every milliseconds: Int) throws {
        try Files.writeAll("pulse \(count) \(milliseconds)\n", to: commands)
    }

    /// Waits until all those rows were sent.
    func waitForRows(seconds: Double) throws {
        let line = try answer(seconds: seconds)
        guard line == "done" else { throw BenchError("the generator said \(line) instead of done") }
    }

    func stop() throws {
        close(commands)
        try household.wait(for: child, seconds: 10)
        close(answers)
    }

    private func answer(seconds: Double) throws -> String {
        try Self.readLine(from: answers, &unread, of: child, in: household, seconds: seconds)
    }

    private static func readLine(
        from descriptor: CInt,
        _ unread: inout [UInt8],
        of child: Child,
        in household: Household,
        seconds: Double
    ) throws -> String {
        var line: String?
        try household.signals.wait(for: "an answer of the generator", seconds: seconds) {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&ready, 1, 0) > 0 {
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count = try call("read") { read(descriptor, &buffer, buffer.count) }
                guard count > 0 else { throw BenchError("the generator has ended") }
                unread.append(contentsOf: buffer[..<count])
            }
            guard let end = unread.firstIndex(of: 0x0A) else { return false }
            line = String(decoding: unread[..<end], as: UTF8.self)
            unread.removeFirst(end + 1)
            return true
        }
        return line ?? ""
    }
}
