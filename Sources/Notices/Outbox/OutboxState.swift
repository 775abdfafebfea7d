import Processes

/// What an outbox holds under its lock: the queue, what is being written of it, and what is confirmed of that.
struct OutboxState {
    var queue: OutboxQueue
    /// What is being written, and how much of it has been.
    var hand: [UInt8] = []
    var written = 0
    var waiter: CheckedContinuation<Void, Never>?
    var isEnded = false
    var wasFull = false
    var writtenByteCount: UInt64 = 0
    var confirmation: Confirmation?
    /// When lines were handed last, and when the first that is not confirmed was, if that was before a failure.
    var lastHanded: Int64 = 0
    var firstHanded: Int64?
    /// Of the process that lives now: what was written to it, and what it left unread; what had been delivered
    /// before it.
    var lifeWritten = 0
    var leftUnread = 0
    var deliveredBefore = 0
    /// How many bytes it has not read yet; nil once it is no more.
    var unread: (@Sendable () -> Int)?
    /// When to look again how much it has read, and how long it is from one look to the next.
    var nextLook: Timekeeper.Instant?
    var lookPause = Self.shortestPause
    var timer: Timekeeper.Instant?
    var restart: (@Sendable (String) -> Void)?

    /// As much as a pipe holds, by default: what is written in one go.
    private static let handSize = 64 * 1024

    var isOver: Bool { isEnded && queue.isAllHanded }

    /// Whether there is something to write now.
    mutating func canHand(at now: Timekeeper.Instant) -> Bool {
        written < hand.count || (confirmation?.room ?? 1) > 0 && queue.canHand(at: now)
    }

    mutating func nextDue() -> Timekeeper.Instant? {
        [confirmation?.deadline, nextLook, queue.nextDue()].compactMap(\.self).min()
    }

    // MARK: What was read

    /// Nobody tells when a pipe is read: it is looked at now and then, ever more rarely while nothing moves. A look takes
    /// the pipe's lock, for which the process that reads would wait.
    private static var shortestPause: Duration { .milliseconds(10) }
    private static var longestPause: Duration { .milliseconds(500) }

    /// Takes note of what the process has read by now: it counts as delivered, where the notifier does not confirm.
    mutating func look(at now: Timekeeper.Instant) -> [Receipt] {
        guard confirmation == nil, let unread else { return [] }
        guard queue.isUnderWay else {
            nextLook = nil
            return []
        }
        let before = queue.deliveredByteCount
        let receipts = deliverRead(lifeWritten - unread())
        lookPause = queue.deliveredByteCount == before ? min(lookPause * 2, Self.longestPause) : Self.shortestPause
        nextLook = queue.isUnderWay ? now + lookPause : nil
        return receipts
    }

    /// As ``look(at:)`` if that is due; something has been written, or time has passed.
    mutating func lookIfDue(at now: Timekeeper.Instant) -> [Receipt] {
        guard confirmation == nil, unread != nil else { return [] }
        guard let nextLook else {
            self.nextLook = queue.isUnderWay ? now + lookPause : nil
            return []
        }
        return now >= nextLook ? look(at: now) : []
    }

    /// The process has left so much unread, and will read no more.
    mutating func left(unread count: Int) -> [Receipt] {
        leftUnread = count
        unread = nil
        nextLook = nil
        return confirmation == nil ? deliverRead(lifeWritten - count) : []
    }

    /// All whole lines within the first `bytes` that were written to the process are delivered.
    private mutating func deliverRead(_ bytes: Int) -> [Receipt] {
        let new = bytes - (queue.deliveredByteCount - deliveredBefore)
        return new > 0 ? queue.deliver(within: new) : []
    }

    /// A process is about to begin. What none has read whole is handed again.
    mutating func begin() {
        dropHand()
        (lifeWritten, leftUnread) = (0, 0)
        deliveredBefore = queue.deliveredByteCount
    }

    // MARK: What is written

    /// What to write next, if anything; whether this is the end; whether there is room again for those who waited.
    mutating func takeHand(
        _ now: Timekeeper.Instant,
        _ wallClock: () -> Int64
    ) -> (bytes: [UInt8]?, isOver: Bool, hasRoom: Bool) {
        if written < hand.count {
            return (written == 0 ? hand : Array(hand[written...]), false, false)
        }
        let lines = queue.hand(upTo: Self.handSize, most: confirmation?.room ?? .max, into: &hand, at: now)
        written = 0
        if confirmation != nil, lines > 0 {
            confirmation?.handed(lines, at: now)
            lastHanded = wallClock()
        }
        let hasRoom = takeRoom()
        return hand.isEmpty ? (nil, isOver, hasRoom) : (hand, false, hasRoom)
    }

    /// Whether it was full and is not any more; true once.
    mutating func takeRoom() -> Bool {
        guard wasFull, queue.byteCount <= queue.capacity / 2 else { return false }
        wasFull = false
        return true
    }

    /// What was not confirmed is handed again. What is being written is written to its end: half a line would garble
    /// the next.
    mutating func stepBack() {
        firstHanded = firstHanded ?? lastHanded
        queue.stepBack()
    }

    /// Nobody reads what was being written any more.
    mutating func dropHand() {
        stepBack()
        hand = []
        written = 0
    }
}
