import Glibc

/// Waiting that ends early when a child has ended, and for good when somebody wants the benchmark to stop.
///
/// The signals are blocked and asked for, never handled: so whatever runs can clean up after itself.
struct Signals {
    private let awaited: sigset_t

    /// Blocks the signals in this process. Call it before there are other threads.
    init() {
        var awaited = sigset_t()
        sigemptyset(&awaited)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGCHLD] { sigaddset(&awaited, signal) }
        sigprocmask(SIG_BLOCK, &awaited, nil)
        self.awaited = awaited
        // Writing to a generator that is gone is an error to be told, not the end.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for so long, or until a child ends.
    ///
    /// - Throws: If the benchmark is to stop.
    func pause(milliseconds: Int) throws {
        var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        var awaited = awaited
        let signal = sigtimedwait(&awaited, nil, &time)
        if signal == SIGINT || signal == SIGTERM || signal == SIGHUP { throw BenchError("stopped by a signal") }
    }

    /// Waits until `condition` holds, looking every few milliseconds.
    ///
    /// - Throws: If it does not within so many seconds, naming `what`; or what `condition` throws.
    func wait(for what: String, seconds: Double, _ condition: () throws -> Bool) throws {
        let deadline = monotonicNanoseconds() + Int(seconds * 1e9)
        while try !condition() {
            guard monotonicNanoseconds() < deadline else { throw BenchError("waited \(Int(seconds)) s for \(what)") }
            try pause(milliseconds: 5)
        }
    }

    /// Waits for so long, whatever children do.
    func sleep(seconds: Double) throws {
        let deadline = monotonicNanoseconds() + Int(seconds * 1e9)
        while case let left = deadline - monotonicNanoseconds(), left > 0 {
            try pause(milliseconds: max(left / 1_000_000, 1))
        }
    }
}
