import Glibc
import TestSupport
import Testing

/// Daemons of the real `herald`, and a folder in which they run and write: one test's world, gone with it. There is no
/// server, which daemons do not need.
final class DaemonStage: Sendable {
    let folder: TemporaryFolder
    /// The path of the configuration.
    let path: String
    private let head: String

    /// - Parameter herald: More of `[herald]`.
    init(herald: String = "") throws {
        folder = try TemporaryFolder()
        path = folder.path("herald.ini")
        // Nobody listens at port 1.
        head = "[herald]\nlisten =\nlog_level = debug\n\(herald)\n[source]\nurl = http://127.0.0.1:1\n"
    }

    /// Makes this the configuration, all at once, as a careful editor does.
    func write(_ configuration: String) throws {
        try folder.write("herald.new", head + configuration + "\n")
        guard rename(folder.path("herald.new"), path) == 0 else {
            throw TestFailure("\(path) cannot be replaced: error \(errno)")
        }
    }

    /// Starts `herald run` with this configuration.
    func herald(_ configuration: String, environment: [String: String] = [:]) throws -> HeraldProcess {
        try write(configuration)
        return try HeraldProcess(["run", "-c", path], environment: environment)
    }

    /// Changes the configuration of the running `herald`, and waits until it has taken it over.
    func change(_ herald: HeraldProcess, _ configuration: String) async throws {
        let before = herald.log("the configuration has changed: ").count
        try write(configuration)
        try await eventually("the configuration is taken over") {
            herald.log("the configuration has changed: ").count > before
        }
    }

    /// The command that runs `body` as a shell script.
    func script(_ name: String, _ body: String) throws -> String {
        "sh \(try folder.write("\(name).sh", body + "\n"))"
    }

    func lines(_ name: String) -> LineFile {
        LineFile(folder.path(name))
    }

    /// The command of a daemon that writes these lines as they are, then appends what it is answered to `answers.NAME`
    /// until its stdin ends.
    func asking(_ name: String, _ lines: [String]) throws -> String {
        try folder.write("requests.\(name)", lines.map { $0 + "\n" }.joined())
        return try script(name, "cat requests.\(name); exec cat >> answers.\(name)")
    }

    /// Waits until `count` lines were answered to the daemon, and gives them.
    func answers(_ name: String, count: Int) async throws -> [String] {
        try await lines("answers.\(name)").waitForLines(count)
    }
}

extension HeraldProcess {
    /// The process of the daemon `name` in its life number `life`, as the log tells it.
    @discardableResult
    func daemon(_ name: String, life: Int = 1) async throws -> pid_t {
        try await waitForValue("life \(life) of the daemon \(name)") {
            let starts = self.log("daemon \(name) started, process ")
            return starts.count >= life ? starts[life - 1].split(separator: " ").last.flatMap { pid_t($0) } : nil
        }
    }

    /// How many times the daemon `name` was started.
    func lives(of name: String) -> Int {
        log("daemon \(name) started, process ").count
    }

    /// Stops it in order, which has to succeed.
    func end() async throws {
        terminate()
        #expect(try await waitForExit() == .status(0))
    }
}
