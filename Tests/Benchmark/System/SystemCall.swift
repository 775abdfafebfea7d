import CLinux
import Glibc

/// Something did not work. Shown to whoever runs the benchmark.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// With what the last system call left in `errno`.
    static func system(_ what: String, _ code: CInt = errno) -> BenchError {
        BenchError("\(what): \(String(cString: strerror(code)))")
    }
}

/// Calls until a signal no longer interrupts. Gives the result, or throws where it is -1.
@discardableResult
func call<Result: SignedInteger>(_ what: String, _ body: () -> Result) throws -> Result {
    while true {
        let result = body()
        if result != -1 { return result }
        if errno != EINTR { throw BenchError.system(what) }
    }
}

/// Since the machine's start; the same clock in all processes.
func monotonicNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// A pipe that no child inherits unasked.
func makePipe() throws -> (read: CInt, write: CInt) {
    var ends: [CInt] = [-1, -1]
    try call("pipe2") { herald_pipe_cloexec(&ends) }
    return (ends[0], ends[1])
}

/// Raises the limit of open files as far as it may be.
func raiseFileLimit() {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(files, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(files, &limit)
}
