import Glibc

/// A process that the benchmark has started, and what it has used.
final class Child {
    /// How it ended.
    struct End {
        /// As `wait4` gives it.
        var status: CInt
        /// All that it used, in user and system mode.
        var cpuSeconds: Double

        /// `nil` if a signal ended it.
        var exitCode: CInt? { status & 0x7F == 0 ? (status >> 8) & 0xFF : nil }
    }

    let name: String
    let pid: pid_t
    private(set) var end: End?

    /// What children get of the environment: what the run-time linker and the shell need, and nothing that could
    /// lead them elsewhere, as a proxy.
    private static let inherited = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"]

    /// Starts `command`, looked for on the PATH, in a process group of its own.
    ///
    /// - Parameters:
    ///   - input, output, errors: Its stdin, stdout and stderr; `nil` is /dev/null, and for `errors` our own stderr.
    ///     They stay the caller's to close.
    /// - Throws: Also if there is no such program.
    init(_ command: [String], input: CInt? = nil, output: CInt? = nil, errors: CInt? = nil) throws {
        name = command[0].split(separator: "/").last.map(String.init) ?? command[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in [(STDIN_FILENO, input), (STDOUT_FILENO, output), (STDERR_FILENO, errors)] {
            if let source {
                posix_spawn_file_actions_adddup2(&actions, source, target)
            } else if target != STDERR_FILENO {
                posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0)
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        )
        let environment = Self.inherited.compactMap { name in getenv(name).map { "\(name)=\(String(cString: $0))" } }
        var pid: pid_t = 0
        let failure = Self.withCStrings(command) { arguments in
            Self.withCStrings(environment) { posix_spawnp(&pid, command[0], &actions, &attributes, arguments, $0) }
        }
        guard failure == 0 else { throw BenchError.system("cannot run \(command[0])", failure) }
        self.pid = pid
    }

    private static func withCStrings(
        _ strings: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> CInt
    ) -> CInt {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }

    /// Whether it has ended. Does not wait.
    func hasEnded() -> Bool {
        guard end == nil else { return true }
        var status: CInt = 0
        var usage = rusage()
        guard wait4(pid, &status, WNOHANG, &usage) == pid else { return false }
        end = End(status: status, cpuSeconds: Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime))
        return true
    }

    func signal(_ signal: CInt) {
        if end == nil { kill(-pid, signal) }
    }

    /// What it has used so far, all its threads together, in user and system mode: the sum of utime and stime of
    /// /proc/PID/stat, and finer than its hundredths of a second.
    func cpuSeconds() throws -> Double {
        if let end { return end.cpuSeconds }
        var clock: clockid_t = 0
        let failure = clock_getcpuclockid(pid, &clock)
        guard failure == 0 else { throw BenchError.system("the CPU clock of \(name)", failure) }
        var time = timespec()
        try call("clock_gettime") { clock_gettime(clock, &time) }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Peak memory, in megabytes.
    func peakMemory() throws -> Double { try memory("VmHWM:") }

    /// Memory now, in megabytes.
    func residentMemory() throws -> Double { try memory("VmRSS:") }

    /// Of ``residentMemory()``, what is its own: the rest are pages of files, which the system shares and can drop.
    func anonymousMemory() throws -> Double { try memory("RssAnon:") }

    private func memory(_ field: String) throws -> Double {
        for line in Files.read("/proc/\(pid)/status")?.split(separator: "\n") ?? [] where line.hasPrefix(field) {
            if let kibibytes = Double(line.filter { $0.isNumber }) { return kibibytes * 1024 / 1e6 }
        }
        throw BenchError("/proc/\(pid)/status tells no \(field) of \(name)")
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}
