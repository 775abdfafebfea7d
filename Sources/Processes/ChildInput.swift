/// What waits to be written to a child's stdin. The supervisor pulls it, from one task at a time, and outlives no
/// child with it: when one ends and another begins, the same input goes on.
///
/// The order of calls is `restart`, then, if there is a child, `childReads`, any number of pairs of `next` and `wrote`,
/// and `childLeft`, then `childEnded`, then `restart` again.
public protocol ChildInput: Sendable {
    /// Waits until there is something to write, and gives it.
    ///
    /// The array is written from where it lies, without a copy, and let go of before ``wrote(_:)`` is called, so that
    /// its storage can be used again. Batches of about 64 KiB are best: that is what a pipe takes at once.
    ///
    /// - Returns: The bytes, none to have it found out whether anybody reads any more; or `nil` when the input has ended for good: the child's stdin is then closed and the stop
    ///   sequence begins, as if ``Supervisor/stop()`` had been called. When the task is cancelled, `nil` is returned
    ///   promptly, and nothing is lost by that.
    func next() async -> [UInt8]?

    /// Tells how many bytes of what `next` gave have reached the pipe: fewer than there were if the child died, closed
    /// its stdin or was stopped. The child may not have read them yet: see ``childReads(_:)``.
    func wrote(_ count: Int)

    /// Tells that a new child is about to begin: what none has read whole is to be given again, from the start of the
    /// first unfinished line.
    func restart()

    /// Tells that a child lives. `read` tells how many bytes it has read so far, of those too that `wrote` has not told
    /// of yet; nil once nobody reads any more. It may be called on any thread until `childLeft`; it takes a system call,
    /// which waits while the child reads.
    func childReads(_ read: @escaping @Sendable () -> Int?)

    /// Tells that the stdin of the child is closed, and that it left so many of the last bytes unread that were written
    /// to it. What it still writes on stdout may come later.
    func childLeft(unread: Int)

    /// Tells that a child has ended, or could not be started. All that it wrote was given to the output before.
    /// - Parameter isOrdered: Whether a stop, or an immediate end, was ordered; not if ``Supervisor/restart(_:)`` was.
    func childEnded(isOrdered: Bool)
}

extension ChildInput {
    /// Does nothing.
    public func childReads(_ read: @escaping @Sendable () -> Int?) {}

    /// Does nothing.
    public func childLeft(unread: Int) {}

    /// Does nothing.
    public func childEnded(isOrdered: Bool) {}
}

/// An input that never has anything to write: the child's stdin is a pipe that stays open until it is stopped.
public struct SilentInput: ChildInput {
    /// Makes one; it holds nothing.
    public init() {}

    /// Waits until the task is cancelled.
    public func next() async -> [UInt8]? {
        let (never, end) = AsyncStream<Never>.makeStream()
        defer { end.finish() }
        for await _ in never {}
        return nil
    }

    /// Does nothing.
    public func wrote(_ count: Int) {}

    /// Does nothing.
    public func restart() {}
}
