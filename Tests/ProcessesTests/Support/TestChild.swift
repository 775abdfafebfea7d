import Glibc
import Logging
import Processes
import Testing

/// A supervisor of a real child in a folder of its own, with all that a test looks at.
final class TestChild: Sendable {
    let folder: String
    let input: TestInput
    let log = LogCapture()
    let supervisor: Supervisor
    let running: Task<Void, Never>

    /// Starts the command. The folder is its working directory.
    init(
        _ commandLine: String,
        name: String = "x",
        extra: [(String, String)] = [],
        workingDirectory: String? = nil,
        stopTimeout: Duration = .seconds(60),
        batch: Int = 65_536,
        output: (any ChildOutput)? = nil,
        input before: String = "",
        restartRule: any RestartRule = RestartPolicy(first: .milliseconds(10), longest: .milliseconds(50))
    ) throws {
        SignalDefaults.ignoreBrokenPipes()
        folder = try Self.makeFolder()
        input = TestInput(batch: batch)
        input.add(before)
        supervisor = Supervisor(
            kind: "notifier",
            command: ChildCommand(
                name: name,
                commandLine: commandLine,
                environment: ChildEnvironment.make(inherited: ChildEnvironment.ofThisProcess(), extra: extra),
                workingDirectory: workingDirectory ?? folder,
                stopTimeout: stopTimeout
            ),
            input: input,
            output: output,
            logger: log.logger,
            restartRule: restartRule
        )
        running = Task { [supervisor] in await supervisor.run() }
    }

    deinit {
        Self.remove(folder)
    }

    static func remove(_ folder: String) {
        for name in entries(of: folder) {
            unlink("\(folder)/\(name)")
        }
        rmdir(folder)
    }

    static func makeFolder() throws -> String {
        var template = Array("/tmp/herald-processes-XXXXXX".utf8CString)
        return try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    var pid: Int32? {
        switch supervisor.status.state {
        case .running(let pid, _), .stopping(let pid): pid
        default: nil
        }
    }

    var isStopped: Bool { supervisor.status.state == .stopped }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// What a file in the folder holds; `nil` if it is not there.
    func read(_ name: String) -> String? { contents(of: path(name)) }

    func write(_ name: String, _ text: String) throws {
        let file = try #require(fopen(path(name), "w"))
        fputs(text, file)
        fclose(file)
    }

    /// Waits until the child's file holds a whole line and gives all of it.
    func readLines(_ name: String, count: Int = 1) async throws -> [String] {
        try await eventually("\(count) lines in \(name)") {
            (read(name) ?? "").utf8.count { $0 == UInt8(ascii: "\n") } >= count
        }
        return (read(name) ?? "").split(separator: "\n").map(String.init)
    }

    func logs(_ text: String) async throws {
        try await eventually("the log says '\(text)', and not only \(log.messages.suffix(20))") { log.contains(text) }
    }

    func runs() async throws -> Int32 {
        try await eventually("the child runs") { pid != nil }
        return try #require(pid)
    }

    /// Stops it and sees to it that this does not take for ever.
    func stop(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let stopping = Task { [supervisor] in await supervisor.stop() }
        try await eventually("stop returns", sourceLocation: sourceLocation) { isStopped }
        await stopping.value
        await running.value
    }
}

func contents(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
        bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// Whether any process of the group is there.
func groupExists(_ group: Int32) -> Bool {
    kill(-group, 0) == 0 || errno != ESRCH
}

func entries(of folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." {
            names.append(name)
        }
    }
    return names
}

/// What the descriptors of this process are open on, less the one that this takes to find out.
func openDescriptors() -> [String] {
    entries(of: "/proc/self/fd").compactMap { name in
        var target = [UInt8](repeating: 0, count: 256)
        let count = target.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink("/proc/self/fd/\(name)", $0, bytes.count) } ?? -1
        }
        return count > 0 ? "\(name) on \(String(decoding: target[..<count], as: UTF8.self))" : nil
    }
}
