/// The one thread on which all HTTP to the server happens, as a global actor.
///
/// What is marked `@CurlLoop` runs on this thread and may call libcurl, keep
/// unsynchronised state and be called back by libcurl without any hop. Nothing
/// that runs here may block: everything that follows feeds waits for it.
@globalActor
public actor CurlLoop {
    public static let shared = CurlLoop()

    nonisolated let executor = LoopExecutor()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private init() {
        executor.start()
    }

    /// Runs `operation` at once, on the loop's thread.
    ///
    /// For C callbacks, which are called on the loop's thread but which the
    /// compiler cannot know to be. Traps on any other thread.
    public static nonisolated func assumeIsolated<Result>(
        _ operation: @CurlLoop () throws -> Result
    ) rethrows -> Result {
        shared.executor.checkIsolated()
        return try withoutActuallyEscaping(operation) { escapable in
            // The cast takes the isolation off the closure's type. It is sound because the line above has shown
            // that this is the thread to which the isolation binds; the standard library's
            // `MainActor.assumeIsolated` rests on the same argument.
            try unsafeBitCast(escapable, to: (() throws -> Result).self)()
        }
    }

    /// Calls `action` on the loop's thread once `delay` has passed.
    ///
    /// The timer lives until it has fired or was cancelled, whether or not
    /// anyone holds on to it.
    @CurlLoop
    @discardableResult
    public static func schedule(after delay: Duration, _ action: @escaping @CurlLoop () -> Void) -> LoopTimer {
        LoopCore.current.schedule(after: delay, action)
    }

    /// Calls `action` when everything that is ready now has been served, before
    /// the thread waits again: the place to hand on what was gathered.
    @CurlLoop
    public static func atEndOfTurn(_ action: @escaping @CurlLoop () -> Void) {
        LoopCore.current.turnEnds.append(action)
    }
}

/// Something that will be called on the loop's thread, unless it is cancelled.
@CurlLoop
public final class LoopTimer {
    let deadline: ContinuousClock.Instant
    private var action: (@CurlLoop () -> Void)?

    init(deadline: ContinuousClock.Instant, action: @escaping @CurlLoop () -> Void) {
        self.deadline = deadline
        self.action = action
    }

    /// The action will not be called. Has no effect after it was.
    public func cancel() {
        action = nil
    }

    var isCancelled: Bool { action == nil }

    func fire() {
        let action = action
        self.action = nil
        action?()
    }
}
