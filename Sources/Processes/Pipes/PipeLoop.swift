import CLinux
import Glibc
import NIOConcurrencyHelpers

/// The one thread that waits for the pipes of all children, and reads their output.
///
/// Dispatch offers the same, but not on Linux: there its epoll thread may still use a source that another thread has
/// cancelled and freed. Here descriptors are found by their number; that one may be called when it is not ready, because
/// its number was another's a moment ago, is harmless.
final class PipeLoop: Sendable {
    private static let current = NIOLockedValueBox<PipeLoop?>(nil)

    /// The loop, which runs until the process ends. The first call starts it; it may fail, and be called again.
    static func shared() throws(SystemFailure) -> PipeLoop {
        let made = current.withLockedValue { current -> Result<PipeLoop, SystemFailure> in
            if let current { return .success(current) }
            do throws(SystemFailure) {
                let loop = try PipeLoop()
                try loop.start()
                current = loop
                return .success(loop)
            } catch {
                return .failure(error)
            }
        }
        return try made.get()
    }

    private struct State {
        var handlers: [CInt: @Sendable () -> Void] = [:]
        var jobs: [@Sendable () -> Void] = []
    }

    private let epoll: CInt
    private let wake: CInt
    private let state = NIOLockedValueBox(State())

    private init() throws(SystemFailure) {
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        wake = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
        guard epoll >= 0, wake >= 0, Self.add(wake, to: epoll) else {
            let code = errno
            close(epoll)
            close(wake)
            throw SystemFailure("the pipes of children cannot be waited for", code)
        }
    }

    /// Calls `ready` on the loop's thread whenever there is something to read, until `remove`.
    func add(_ descriptor: CInt, ready: @escaping @Sendable () -> Void) throws(SystemFailure) {
        state.withLockedValue { $0.handlers[descriptor] = ready }
        guard Self.add(descriptor, to: epoll) else {
            let code = errno
            state.withLockedValue { $0.handlers[descriptor] = nil }
            throw SystemFailure("its output cannot be waited for", code)
        }
    }

    /// Calls `ready` on the loop's thread once, when there is room to write or nobody reads any more.
    ///
    /// - Returns: Whether that can be waited for.
    func waitForRoom(in descriptor: CInt, ready: @escaping @Sendable () -> Void) -> Bool {
        state.withLockedValue { $0.handlers[descriptor] = ready }
        var event = epoll_event(
            events: EPOLLOUT.rawValue | EPOLLONESHOT.rawValue,
            data: epoll_data(fd: descriptor)
        )
        return epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0
            || epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }

    /// Forgets the descriptor, which may then be closed.
    func remove(_ descriptor: CInt) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
        state.withLockedValue { $0.handlers[descriptor] = nil }
    }

    /// Has something done on the loop's thread.
    func perform(_ job: @escaping @Sendable () -> Void) {
        state.withLockedValue { $0.jobs.append(job) }
        var one: UInt64 = 1
        _ = write(wake, &one, MemoryLayout<UInt64>.size)
    }

    private func start() throws(SystemFailure) {
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let failure = pthread_create(&thread, nil, pipeLoopMain, context.toOpaque())
        guard failure == 0 else {
            context.release()
            close(epoll)
            close(wake)
            throw SystemFailure("no thread can be started for the pipes of children", failure)
        }
        pthread_detach(thread)
    }

    fileprivate func run() -> Never {
        let most = 64
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: most)
        while true {
            let count = epoll_wait(epoll, events, CInt(most), -1)
            for index in 0..<Int(max(count, 0)) {
                let descriptor = events[index].data.fd
                if descriptor == wake {
                    var rings: UInt64 = 0
                    _ = read(wake, &rings, MemoryLayout<UInt64>.size)
                } else {
                    // None, if it was removed since the wait.
                    let ready = state.withLockedValue { $0.handlers[descriptor] }
                    ready?()
                }
            }
            let jobs = state.withLockedValue { state in
                defer { state.jobs = [] }
                return state.jobs
            }
            for job in jobs {
                job()
            }
        }
    }

    private static func add(_ descriptor: CInt, to epoll: CInt) -> Bool {
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(fd: descriptor))
        return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }
}

private func pipeLoopMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    pthread_setname_np(pthread_self(), "child-pipes")
    Unmanaged<PipeLoop>.fromOpaque(context).takeRetainedValue().run()
}
