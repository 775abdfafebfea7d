import Glibc
import TestSupport

/// What the system tells of a process that runs. One that has ended and only waits to be reaped runs no more.
struct RunningProcess {
    let pid: pid_t
    let group: pid_t
    let session: pid_t
    let isFrozen: Bool

    /// Nil if there is none, or none any more. See proc_pid_stat(5).
    init?(_ pid: pid_t) {
        guard let text = try? readFile("/proc/\(pid)/stat") else { return nil }
        // The program's name, in which anything may stand, ends with the last `)`.
        let fields = String(decoding: text, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 4, fields[0] != "Z", fields[0] != "X", let group = pid_t(fields[2]),
            let session = pid_t(fields[3])
        else { return nil }
        self.pid = pid
        isFrozen = fields[0] == "T"
        self.group = group
        self.session = session
    }

    /// All that run.
    static var all: [RunningProcess] {
        names(in: "/proc").compactMap { pid_t($0) }.compactMap { RunningProcess($0) }
    }

    /// The members of a process group that run.
    static func members(ofGroup group: pid_t) -> [RunningProcess] {
        all.filter { $0.group == group }
    }

    /// Whether a process runs whose folder this is.
    static func isAny(in folder: String) -> Bool {
        all.contains { $0.workingDirectory == folder }
    }

    /// The first 15 bytes of the name of its program.
    var program: String {
        String(text("comm").dropLast())
    }

    var environment: [String: String] {
        let pairs = text("environ").split(separator: "\0").map { $0.split(separator: "=", maxSplits: 1) }
        return Dictionary(pairs.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") }) { $1 }
    }

    /// How many bytes wait in its stdin, a pipe, that it has not read; nil if that cannot be told.
    var unreadInput: Int? {
        let descriptor = open("/proc/\(pid)/fd/0", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var count: Int32 = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : nil
    }

    var descriptors: [Int] {
        Self.names(in: "/proc/\(pid)/fd").compactMap { Int($0) }.sorted()
    }

    /// Waits until it has its three standard streams open and nothing else. What it was given by mistake it never
    /// closes; a shell closes its script when it becomes another program, and the loader the libraries that it maps.
    func waitForThreeDescriptors() async throws {
        try await eventually("process \(pid) has three descriptors") { descriptors == [0, 1, 2] }
    }

    var workingDirectory: String? {
        realpath("/proc/\(pid)/cwd", nil).map { path in
            defer { free(path) }
            return String(cString: path)
        }
    }

    /// The most memory it ever had, in kB (`VmHWM`).
    var peakMemory: Int? {
        let line = text("status").split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Int($0) }
    }

    func send(_ signal: Int32) {
        kill(pid, signal)
    }

    /// Stops it, and waits until it stands still: up to then it may yet read.
    func freeze() async throws {
        send(SIGSTOP)
        try await eventually("process \(pid) stands still") {
            RunningProcess(pid)?.isFrozen ?? true
        }
    }

    func thaw() {
        send(SIGCONT)
    }

    private func text(_ file: String) -> String {
        String(decoding: (try? readFile("/proc/\(pid)/\(file)")) ?? [], as: UTF8.self)
    }

    private static func names(in folder: String) -> [String] {
        guard let folder = opendir(folder) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            )
        }
        return names
    }
}
