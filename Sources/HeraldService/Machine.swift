import CLinux
import Glibc
public import Logging

/// What the service needs of the machine and the process that it is.
public enum Machine {
    /// Keeps the memory of several threads together: by default each would hold on to free memory of its own, which
    /// costs a small service megabytes and gains it nothing. To be called before there are threads.
    public static func shareFreeMemory() {
        _ = mallopt(M_ARENA_MAX, 1)
    }

    /// The least number of files that must be allowed to be open: some 25 for the service itself, ten for the start of
    /// a child, and some for the first feeds.
    public static let fewestFiles = 64

    /// Raises the limit of open files as far as it may be: one a feed and three a process are needed. To be called
    /// before anything is opened, since libraries end the process where they get no file.
    ///
    /// Throws ``TooFewFiles`` if fewer than ``fewestFiles`` are allowed.
    public static func raiseFileLimit(log: Logger) throws(TooFewFiles) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        let isRaised =
            before < limit.rlim_max && setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        let allowed = isRaised ? limit.rlim_cur : before
        guard allowed >= fewestFiles else { throw TooFewFiles(allowed: Int(allowed)) }
        log.info("up to \(allowed) files may be open\(isRaised ? ", raised from \(before)" : "")")
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

/// The machine lets the service open too few files for it to work at all.
public struct TooFewFiles: Error, CustomStringConvertible {
    let allowed: Int

    public var description: String {
        """
        only \(allowed) files may be open, and herald needs \(Machine.fewestFiles), one more for each feed and three for \
        each process; raise the limit (ulimit -n, or LimitNOFILE= of systemd)
        """
    }
}
