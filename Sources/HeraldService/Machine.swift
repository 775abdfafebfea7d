import CLinux
import Glibc
import Logging

/// What the service needs of the machine and the process that it is.
public enum Machine {
    /// Keeps the memory of several threads together: by default each would hold on to free memory of its own, which
    /// costs a small service megabytes and gains it nothing. To be called before there are threads.
    public static func shareFreeMemory() {
        _ = mallopt(M_ARENA_MAX, 1)
    }

    /// Raises the limit of open files as far as it may be: one a feed and three a process are needed.
    static func raiseFileLimit(log: Logger) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        guard before < limit.rlim_max, setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            log.info("up to \(before) files may be open")
            return
        }
        log.info("up to \(limit.rlim_cur) files may be open, raised from \(before)")
    }

    /// The folder of the program that runs, where `herald`'s own notifiers are found; `nil` if the system does not tell.
    static func programFolder() -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return nil }
        let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}
