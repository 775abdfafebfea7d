import CLinux
import Glibc
import NIOConcurrencyHelpers

/// Runs the jobs of the ``CurlLoop`` actor on its thread, between two rounds of
/// `epoll_wait`.
final class LoopExecutor: SerialExecutor {
    /// Written to by ``enqueue(_:)`` so that `epoll_wait` returns.
    let wakeDescriptor: CInt
    private let jobs = NIOLockedValueBox<[UnownedJob]>([])
    private let thread = NIOLockedValueBox<pthread_t?>(nil)

    init() {
        wakeDescriptor = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(wakeDescriptor >= 0, "eventfd: \(String(cString: strerror(errno)))")
    }

    /// Starts the thread. Called once, by the actor's initializer.
    func start() {
        let context = Unmanaged.passRetained(self).toOpaque()
        var thread = pthread_t()
        let failure = pthread_create(&thread, nil, loopThreadMain, context)
        precondition(failure == 0, "pthread_create: \(String(cString: strerror(failure)))")
        pthread_detach(thread)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wasEmpty = jobs.withLockedValue { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        if wasEmpty && !isLoopThread {
            var one: UInt64 = 1
            _ = write(wakeDescriptor, &one, MemoryLayout<UInt64>.size)
        }
    }

    func checkIsolated() {
        precondition(isLoopThread, "called off the thread of the CurlLoop")
    }

    func isIsolatingCurrentContext() -> Bool? {
        isLoopThread
    }

    var hasJobs: Bool {
        jobs.withLockedValue { !$0.isEmpty }
    }

    /// Runs what waited when it was called; what these jobs enqueue comes in the
    /// next round, so that sockets are never starved by jobs.
    func runJobs() {
        let waiting = jobs.withLockedValue { jobs in
            let waiting = jobs
            jobs = []
            return waiting
        }
        let executor = asUnownedSerialExecutor()
        for job in waiting {
            job.runSynchronously(on: executor)
        }
    }

    func drainWakeDescriptor() {
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, MemoryLayout<UInt64>.size)
    }

    /// Takes the calling thread for the loop's own. Called once, by that thread.
    func adoptCurrentThread() {
        thread.withLockedValue { $0 = pthread_self() }
    }

    private var isLoopThread: Bool {
        guard let thread = thread.withLockedValue({ $0 }) else { return false }
        return pthread_equal(thread, pthread_self()) != 0
    }
}

private func loopThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let executor = Unmanaged<LoopExecutor>.fromOpaque(context).takeRetainedValue()
    pthread_setname_np(pthread_self(), "curl-loop")
    executor.adoptCurrentThread()
    CurlLoop.assumeIsolated { LoopCore.current.run(on: executor) }
}
