import CLinux
import Glibc
import NIOConcurrencyHelpers

/// The built `herald`, or another program, as a child in a process group of its own. What it prints is collected line by
/// line; it is killed with its group when its last owner goes.
public final class HeraldProcess: Sendable {
    /// Where a line came from.
    public enum Stream: Sendable {
        case stdout, stderr
    }

    /// How it ended.
    public enum Exit: Sendable, Equatable {
        /// With this status.
        case status(Int32)
        /// By this signal.
        case signal(Int32)
    }

    private struct State {
        var lines: [Stream: [String]] = [.stdout: [], .stderr: []]
        var openStreams = 2
        var exit: Exit?
    }

    /// Its process id, which is its group's too.
    public let pid: Int32
    private let state = NIOLockedValueBox(State())

    /// The lines it wrote to stdout so far, the last one only when it is whole or the stream has ended.
    public var stdout: [String] { state.withLockedValue { $0.lines[.stdout] ?? [] } }
    /// The lines it wrote to stderr so far, the last one only when it is whole or the stream has ended.
    public var stderr: [String] { state.withLockedValue { $0.lines[.stderr] ?? [] } }
    /// How it ended; nil while it runs.
    public var exit: Exit? { state.withLockedValue { $0.exit } }

    /// Starts `herald` with `arguments`; `environment` is added to the test's own, an empty value removes.
    ///
    /// Its stdin is empty. Throws a ``TestFailure`` if there is no such program.
    public convenience init(
        _ arguments: [String],
        environment: [String: String] = [:],
        workingDirectory: String? = nil
    ) throws {
        try self.init(
            executable: Self.binary(),
            arguments,
            environment: environment,
            workingDirectory: workingDirectory
        )
    }

    /// Starts the program at the path `executable`, otherwise in the same way.
    public init(
        executable: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        workingDirectory: String? = nil
    ) throws {
        var command = [executable] + arguments
        if let workingDirectory {
            // posix_spawn's own change of folder is not to be had from Swift; the shell becomes the program.
            command = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", workingDirectory] + command
        }
        let out = try Pipe()
        let error = try Pipe()
        defer {
            out.closeWriteEnd()
            error.closeWriteEnd()
        }
        pid = try spawn(command, environment: environment, stdout: out.writeEnd, stderr: error.writeEnd)
        let (pid, state) = (pid, state)
        try collect(.stdout, out.readEnd, state)
        try collect(.stderr, error.readEnd, state)
        try detachThread {
            var info = siginfo_t()
            // The child stays a zombie until its status is set, so that no signal can reach another process.
            while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            state.withLockedValue { state in
                var status: Int32 = 0
                waitpid(pid, &status, 0)
                let signal = status & 0x7f
                state.exit = signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal)
            }
        }
    }

    deinit {
        kill()
    }

    /// Sends `signal` to it alone; nothing if it has ended.
    public func send(signal: Int32) {
        state.withLockedValue { state in
            if state.exit == nil { _ = Glibc.kill(pid, signal) }
        }
    }

    /// Asks it to stop.
    public func terminate() {
        send(signal: SIGTERM)
    }

    /// Kills it and its group. Does not wait.
    public func kill() {
        state.withLockedValue { state in
            if state.exit == nil { _ = Glibc.kill(-pid, SIGKILL) }
        }
    }

    /// Waits until it has ended and all that it wrote is here.
    @discardableResult
    public func waitForExit(deadline: Duration = .patience) async throws -> Exit {
        do {
            let exit = try await waitForValue("the end of process \(pid)", deadline: deadline) { self.exit }
            // A grandchild may hold the streams open: what it writes later is not waited for.
            try? await eventually("the end of its streams", deadline: .seconds(5)) {
                self.state.withLockedValue { $0.openStreams == 0 }
            }
            return exit
        } catch let failure as TestFailure {
            throw TestFailure("\(failure)\n\(transcript)")
        }
    }

    /// Waits until a line of `stream`, the first `skipping` lines left out, contains `text`, and returns that line.
    @discardableResult
    public func waitForLine(
        containing text: String,
        on stream: Stream = .stderr,
        skipping: Int = 0,
        deadline: Duration = .patience
    ) async throws -> String {
        var next = skipping
        do {
            return try await waitForValue("a line with '\(text)'", deadline: deadline) {
                let (lines, isOver) = self.state.withLockedValue {
                    ($0.lines[stream] ?? [], $0.exit != nil && $0.openStreams == 0)
                }
                if let line = lines.dropFirst(next).first(where: { $0.contains(text) }) { return line }
                if isOver { throw TestFailure("a line with '\(text)' never came: the process has ended") }
                next = max(next, lines.count)
                return nil
            }
        } catch let failure as TestFailure {
            throw TestFailure("\(failure)\n\(transcript)")
        }
    }

    /// Its latest lines and its end, for messages.
    public var transcript: String {
        let (out, error, exit) = state.withLockedValue { ($0.lines[.stdout] ?? [], $0.lines[.stderr] ?? [], $0.exit) }
        let ending = exit.map { "\($0)" } ?? "still running"
        return
            "stdout: \(out.suffix(20).joined(separator: "\n  "))\nstderr: \(error.suffix(20).joined(separator: "\n  "))\n\(ending)"
    }

    /// The path of the built `herald`: what HERALD_BINARY says, or beside the program that runs the tests.
    public static func binary() throws -> String {
        if let named = getenv("HERALD_BINARY").map({ String(cString: $0) }), !named.isEmpty {
            return named
        }
        guard let link = realpath("/proc/self/exe", nil) else { throw failure("realpath", "/proc/self/exe") }
        defer { free(link) }
        var folder = String(cString: link).split(separator: "/").dropLast().map(String.init)
        // The runner may be some folders below the products.
        for _ in 0..<4 {
            let path = "/" + (folder + ["herald"]).joined(separator: "/")
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 { return path }
            guard folder.popLast() != nil else { break }
        }
        throw TestFailure("there is no built herald beside \(String(cString: link)); set HERALD_BINARY to its path")
    }

    /// Reads lines until the stream ends, on a thread of its own that keeps the process object free to go.
    private func collect(_ stream: Stream, _ descriptor: Int32, _ state: NIOLockedValueBox<State>) throws {
        try detachThread {
            var rest: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                rest += buffer[..<count]
                guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
                let lines = rest[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                    .map { String(decoding: $0, as: UTF8.self) }
                rest.removeSubrange(...end)
                state.withLockedValue { $0.lines[stream]?.append(contentsOf: lines) }
            }
            close(descriptor)
            state.withLockedValue {
                if !rest.isEmpty { $0.lines[stream]?.append(String(decoding: rest, as: UTF8.self)) }
                $0.openStreams -= 1
            }
        }
    }
}
