import Glibc

/// The process group of a child, which it leads: all that it started, except what left on purpose.
struct ProcessGroup {
    enum Others {
        /// Nobody is there.
        case gone
        /// All have ended, but somebody who does not care has still to reap them.
        case unburied
        case alive
    }

    /// The process id of the leader, which is the group's too. The system gives it to nobody else as long as one
    /// process of the group is there.
    let id: pid_t

    /// Sends a signal to all of the group. That nobody is there, or may be signalled, is no error.
    func signal(_ number: Int32) {
        _ = kill(-id, number)
    }

    /// How it stands with the group once the leader was reaped. What was handed to this process to reap, as happens to
    /// process 1 of a container, is reaped here.
    func others() -> Others {
        while waitpid(-id, nil, WNOHANG) > 0 {}
        guard kill(-id, 0) == 0 || errno == EPERM else { return .gone }
        return hasLivingMember() ? .alive : .unburied
    }

    /// Whether anybody of the group has not ended. This looks through all processes, so it is for rare moments; where
    /// they cannot be seen, it says yes.
    func hasLivingMember() -> Bool {
        guard let processes = opendir("/proc") else { return true }
        defer { closedir(processes) }
        var seen = false
        while let entry = readdir(processes) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let process = pid_t(name), let (state, group) = Self.stateAndGroup(of: process), group == id else {
                continue
            }
            seen = true
            if state != UInt8(ascii: "Z") && state != UInt8(ascii: "X") {
                return true
            }
        }
        return !seen
    }

    /// Fields 3 and 5 of `/proc/<pid>/stat`; they follow the command's name, in which anything may stand, and its `)`.
    /// See proc_pid_stat(5).
    private static func stateAndGroup(of process: pid_t) -> (state: UInt8, group: pid_t)? {
        let descriptor = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0, let name = buffer[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = buffer[(name + 1)..<count].split(separator: UInt8(ascii: " "))
        guard fields.count > 2, let state = fields[0].first else { return nil }
        return pid_t(String(decoding: fields[2], as: UTF8.self)).map { (state, $0) }
    }
}
