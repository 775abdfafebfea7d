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
    /// How many bytes it has read; nil once it is no more.
    var read: (@Sendable () -> Int?)?
    /// How many processes there were.
    var lives = 0
    /// Whether somebody has to find out whether it still reads.
    var mustProbe = false
    /// When to look again how much it has read, and how long it is from one look to the next.
    var nextLook: Timekeeper.Instant?
    var lookPause = Self.shortestPause
    /// What wakes the outbox when something is due.
    var timer: Timer?
    var timerCount = 0

    struct Timer {
        var due: Timekeeper.Instant
        var number: Int
        var task: Task<Void, Never>
    }

    var restart: (@Sendable (String) -> Void)?

    /// As much as a pipe holds, by default: what is written in one go.
    private static let handSize = 64 * 1024

    var isOver: Bool { isEnded && queue.isAllHanded }

    /// Whether there is something to write now.
    mutating func canHand(at now: Timekeeper.Instant) -> Bool {
        mustProbe || written < hand.count || (confirmation?.room ?? 1) > 0 && queue.canHand(at: now)
    }

    /// When time has to be looked after next. What may be handed already waits for somebody to take it, not for time.
    mutating func nextDue(after now: Timekeeper.Instant) -> Timekeeper.Instant? {
        let held = queue.nextDue().flatMap { $0 > now ? $0 : nil }
        return [confirmation?.deadline, nextLook, held].compactMap(\.self).min()
    }

    // MARK: What was read

    /// Nobody tells when a pipe is read: it is looked at now and then, ever more rarely while nothing moves. A look takes
    /// the pipe's lock, for which the process that reads would wait.
    private static var shortestPause: Duration { .milliseconds(10) }
    private static var longestPause: Duration { .milliseconds(250) }

    /// Has it looked at soon what the process reads of what was written to it.
    mutating func willLook(at now: Timekeeper.Instant) {
        guard confirmation == nil, read != nil, queue.isUnderWay else { return }
        lookPause = Self.shortestPause
        nextLook = min(nextLook ?? now + lookPause, now + lookPause)
    }

    /// What to ask how much the process has read, if there is anything to learn.
    mutating func beginLook() -> (life: Int, read: @Sendable () -> Int?)? {
        guard confirmation == nil, let read else { return nil }
        guard queue.isUnderWay else {
            nextLook = nil
            return nil
        }
        return (lives, read)
    }

    /// Takes note of what the process of this life has read, nil where nobody reads: it counts as delivered.
    mutating func looked(_ life: Int, _ read: Int?, at now: Timekeeper.Instant) -> [Receipt] {
        guard life == lives, self.read != nil else { return [] }
        let before = queue.deliveredByteCount
        if read == nil { mustProbe = true }
        let receipts = read.map { deliverRead($0) } ?? []
        lookPause = queue.deliveredByteCount == before ? min(lookPause * 2, Self.longestPause) : Self.shortestPause
        nextLook = queue.isUnderWay && read != nil ? now + lookPause : nil
        return receipts
    }

    /// The process has left so much unread, and will read no more.
    mutating func left(unread count: Int) -> [Receipt] {
        leftUnread = count
        read = nil
        nextLook = nil
        mustProbe = false
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
        lives += 1
        lookPause = Self.shortestPause
        (lifeWritten, leftUnread) = (0, 0)
        deliveredBefore = queue.deliveredByteCount
    }

    // MARK: What is written

    /// What to write next, if anything; whether this is the end; whether there is room again for those who waited.
    mutating func takeHand(
        _ now: Timekeeper.Instant,
        _ wallClock: () -> Int64
    ) -> (bytes: [UInt8]?, isOver: Bool, hasRoom: Bool) {
        if mustProbe {
            mustProbe = false
            return ([], false, false)
        }
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
