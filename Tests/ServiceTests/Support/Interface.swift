import Glibc
import Status
import TestSupport

/// The control interface of a `herald run` that listens on TCP too, as a test asks it.
struct Interface: Sendable {
    /// By which way it is asked.
    enum Way: CaseIterable {
        case tcp, socket
    }

    /// Of 127.0.0.1.
    let port: Int
    /// The `state_dir`.
    let folder: String

    /// Waits until it listens.
    init(_ herald: HeraldProcess, in stage: Stage) async throws {
        let line = try await herald.waitForLine(containing: "listening at http://127.0.0.1:")
        guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
            throw TestFailure("no port in '\(line)'")
        }
        self.port = port
        folder = stage.stateFolder
    }

    var socket: String { "\(folder)/control.sock" }

    var token: String {
        get throws { String(decoding: try readFile("\(folder)/token"), as: UTF8.self).filter { $0 != "\n" } }
    }

    /// The header that shows the token.
    var authorization: (name: String, value: String) {
        get throws { ("Authorization", "Bearer \(try token)") }
    }

    /// Asks on a connection of its own.
    func ask(
        _ method: String,
        _ target: String,
        _ fields: [(name: String, value: String)] = [],
        body: String? = nil,
        by way: Way = .tcp
    ) async throws -> RawConnection.Answer {
        let connection = way == .tcp ? try RawConnection(port: port) : try RawConnection(path: socket)
        return try await connection.ask(method, target, fields, body: body)
    }

    func status(by way: Way = .tcp) async throws -> StatusReport {
        let answer = try await ask("GET", "/_status", by: way)
        guard answer.status == 200 else { throw TestFailure("HTTP \(answer.status): \(answer.body)") }
        return try StatusCoding.decode(from: Array(answer.body.utf8))
    }

    /// Waits until the status is so, and returns it.
    @discardableResult
    func waitForStatus(
        _ what: String,
        _ condition: (StatusReport) throws -> Bool
    ) async throws -> StatusReport {
        var last: StatusReport?
        do {
            return try await waitForValue(what, every: .milliseconds(25)) {
                let report = try await status()
                last = report
                return try condition(report) ? report : nil
            }
        } catch let failure as TestFailure {
            throw TestFailure("\(failure); the last status is \(last.map { "\($0)" } ?? "none")")
        }
    }

    /// The samples of `/_metrics` by name and labels, as in `herald_changes_total{database='d'}`.
    func metrics() async throws -> [String: Double] {
        let answer = try await ask("GET", "/_metrics")
        guard answer.status == 200 else { throw TestFailure("HTTP \(answer.status): \(answer.body)") }
        return try await Prometheus.read(answer.body).reduce(into: [:]) { samples, line in
            guard let blank = line.lastIndex(of: " "), let value = Double(line[line.index(after: blank)...]) else {
                throw TestFailure("no sample: \(line)")
            }
            samples[String(line[..<blank])] = value
        }
    }
}

extension Stage {
    /// Options with which `herald` listens on a free port, logging as it does by default.
    static let listening = "[herald]\nlisten = 127.0.0.1:0\nlog_level = info\n"

    var stateFolder: String { folder.path("herald-state") }

    /// Runs `herald` with these arguments and the stage's configuration to its end.
    func command(_ arguments: String...) async throws -> (
        exit: HeraldProcess.Exit, stdout: [String], stderr: [String]
    ) {
        try await command(arguments)
    }

    /// As ``command(_:)``, where they are not known in advance.
    func command(_ arguments: [String]) async throws -> (
        exit: HeraldProcess.Exit, stdout: [String], stderr: [String]
    ) {
        // How wide the terminal is of whoever runs the tests must not matter.
        let herald = try HeraldProcess(
            arguments + ["-c", folder.path("notifiers.ini")],
            environment: ["COLUMNS": "", "STATE_DIRECTORY": ""]
        )
        let exit = try await herald.waitForExit()
        return (exit, herald.stdout, herald.stderr)
    }
}

/// A time of day in RFC 3339, in seconds since 1970; nil if it is none.
func seconds(_ time: String?) -> Double? {
    guard let time, time.utf8.count == 24, time.hasSuffix("Z") else { return nil }
    let numbers = time.split { "-T:.Z".contains($0) }.compactMap { Int32($0) }
    guard numbers.count == 7 else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
    return Double(timegm(&parts)) + Double(numbers[6]) / 1000
}
