import Glibc
import PocketCouch
import TestSupport
import Testing

/// An embedded server with the real `herald` before it, until ``end()``.
struct Play {
    let server: PocketCouch
    let herald: HeraldProcess

    /// The process of the notifier `name` in its life number `life`, as the log tells it.
    func process(of name: String, life: Int = 1) async throws -> pid_t {
        try await waitForValue("life \(life) of the notifier \(name)") {
            let starts = herald.log("notifier \(name) started, process ")
            return starts.count >= life ? starts[life - 1].split(separator: " ").last.flatMap { pid_t($0) } : nil
        }
    }

    /// The process of the notifier `name`, once it is the program `program` and no shell any more.
    func process(of name: String, running program: String) async throws -> RunningProcess {
        let pid = try await process(of: name)
        return try await waitForValue("\(program) as the notifier \(name)") {
            RunningProcess(pid).flatMap { $0.program == program ? $0 : nil }
        }
    }

    /// Stops all in order, which has to succeed.
    func end() async throws {
        herald.terminate()
        #expect(try await herald.waitForExit() == .status(0))
        await server.stop()
    }
}

extension Stage {
    /// Starts a server, and `herald run` with these notifiers; returns when it knows which databases there are.
    ///
    /// Notifiers run in the stage's folder, so that they can name their files without a path.
    func play(
        _ notifiers: [(name: String, command: String)],
        options: String = "",
        source: String = "",
        heartbeat: String = "1s",
        environment: [String: String] = [:],
        server change: (inout PocketCouch.Configuration) -> Void = { _ in }
    ) async throws -> Play {
        let server = try await self.server(change)
        let configuration = try configuration(
            url: server.url,
            source: source,
            notifiers: notifiers,
            more: options,
            heartbeat: heartbeat
        )
        return Play(server: server, herald: try await herald(configuration, environment: environment))
    }

    /// How many bytes the notifier `name` has written. Files of thousands of lines take long to read over and over.
    func size(of name: String) -> Int {
        let descriptor = open(folder.path(name), O_RDONLY)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        return Int(lseek(descriptor, 0, SEEK_END))
    }

    /// Waits until the notifier `name` has written as many bytes as these lines are.
    func waitForSize(of name: String, _ lines: [String]) async throws {
        let bytes = lines.reduce(0) { $0 + $1.utf8.count + 1 }
        try await eventually("\(bytes) bytes in \(name)") { self.size(of: name) >= bytes }
    }

    /// The command that runs `body` as a shell script. Scripts are not executed as files: a file that was just written
    /// may be busy, since the child of another test can still hold it open.
    func script(_ name: String, _ body: String) throws -> String {
        "sh \(try folder.write("\(name).sh", body + "\n"))"
    }
}

extension HeraldProcess {
    /// The lines of the log that contain `text`.
    func log(_ text: String) -> [String] {
        stderr.filter { $0.contains(text) }
    }

    /// The time of day, in milliseconds, of the first line of the log that contains `text`, the first `skipping` such
    /// lines left out.
    func time(of text: String, skipping: Int = 0) throws -> Int {
        let line = try #require(log(text).dropFirst(skipping).first, "'\(text)' is not in the log")
        // 2026-11-21T10:00:00.123Z
        let numbers = line.prefix(23).suffix(12).split { $0 == ":" || $0 == "." }.compactMap { Int($0) }
        try #require(numbers.count == 4, "no time in \(line)")
        return ((numbers[0] * 60 + numbers[1]) * 60 + numbers[2]) * 1000 + numbers[3]
    }

    /// The milliseconds between two times of day, the second after the first.
    static func span(_ from: Int, _ to: Int) -> Int {
        to >= from ? to - from : to - from + 86_400_000
    }
}
