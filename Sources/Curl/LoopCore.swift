import CLinux
import Glibc

/// What the loop's thread does: wait for sockets, timers and jobs, and serve
/// them in turn. Sockets are libcurl's, by way of ``Multi``.
@CurlLoop
final class LoopCore {
    static let current = LoopCore()

    let epoll: CInt
    let multi: Multi
    var turnEnds: [@CurlLoop () -> Void] = []
    private var timers = DeadlineQueue<LoopTimer>()

    private var turnBegan: ContinuousClock.Instant?

    private static let eventsAtOnce = 256
    private static let longestTurn = Duration.milliseconds(1)

    private init() {
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        precondition(epoll >= 0, "epoll_create1: \(String(cString: strerror(errno)))")
        multi = Multi(epoll: epoll)
    }

    func schedule(after delay: Duration, _ action: @escaping @CurlLoop () -> Void) -> LoopTimer {
        let timer = LoopTimer(deadline: ContinuousClock.now + delay, action: action)
        timers.insert(timer, at: timer.deadline)
        return timer
    }

    /// Serves until the process ends.
    ///
    /// A turn ends when nothing is ready any more or after ``longestTurn``, whichever is first: under load, what is
    /// handed on at a turn's end is handed on in few large pieces; without load, at once.
    func run(on executor: LoopExecutor) -> Never {
        var wake = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(fd: executor.wakeDescriptor))
        let added = epoll_ctl(epoll, EPOLL_CTL_ADD, executor.wakeDescriptor, &wake)
        precondition(added == 0, "epoll_ctl: \(String(cString: strerror(errno)))")
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Self.eventsAtOnce)

        while true {
            let timeout = executor.hasJobs || !turnEnds.isEmpty ? 0 : millisecondsToWait()
            let count = epoll_wait(epoll, events, CInt(Self.eventsAtOnce), timeout)
            precondition(count >= 0 || errno == EINTR, "epoll_wait: \(String(cString: strerror(errno)))")
            for index in 0..<Int(max(count, 0)) {
                let event = events[index]
                if event.data.fd == executor.wakeDescriptor {
                    executor.drainWakeDescriptor()
                } else {
                    multi.socketIsReady(event.data.fd, events: event.events)
                }
            }
            multi.serveTimeout()
            fireTimers()
            executor.runJobs()
            multi.settle()
            if count <= 0 || turnIsLong() { endTurn() }
        }
    }

    private func turnIsLong() -> Bool {
        guard !turnEnds.isEmpty else { return false }
        guard let turnBegan else {
            turnBegan = .now
            return false
        }
        return ContinuousClock.now - turnBegan > Self.longestTurn
    }

    private func endTurn() {
        turnBegan = nil
        while !turnEnds.isEmpty {
            let actions = turnEnds
            turnEnds.removeAll(keepingCapacity: true)
            for action in actions { action() }
            multi.settle()
        }
    }

    private func fireTimers() {
        let now = ContinuousClock.now
        while let timer = timers.popFirst(notAfter: now) {
            timer.fire()
        }
    }

    private func millisecondsToWait() -> CInt {
        while let first = timers.first, first.isCancelled {
            timers.removeFirst()
        }
        var deadline = timers.firstDeadline
        if let other = multi.deadline, deadline.map({ other < $0 }) ?? true {
            deadline = other
        }
        guard let deadline else { return -1 }
        let left = deadline - ContinuousClock.now
        guard left > .zero else { return 0 }
        // Rounded up: a wait that ends a little early would be followed by rounds of no wait at all.
        let (seconds, attoseconds) = left.components
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return CInt(clamping: milliseconds)
    }
}
