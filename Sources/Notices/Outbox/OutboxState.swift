import Processes

/// What an outbox holds under its lock: the queue, what is being written of it, and what is confirmed of that.
struct OutboxState {
    var queue: OutboxQueue
    /// What is being written, how much of it has been, and how many lines it is.
    var hand: [UInt8] = []
    var written = 0
    var handLines = 0
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
        guard let deadline = confirmation?.deadline else { return queue.nextDue() }
        return queue.nextDue().map { min($0, deadline) } ?? deadline
    }

    /// What to write next, if anything; whether this is the end; whether there is room again for those who waited.
    mutating func takeHand(
        _ now: Timekeeper.Instant,
        _ wallClock: () -> Int64
    ) -> (bytes: [UInt8]?, isOver: Bool, hasRoom: Bool) {
        if written < hand.count {
            return (written == 0 ? hand : Array(hand[written...]), false, false)
        }
        handLines = queue.hand(upTo: Self.handSize, most: confirmation?.room ?? .max, into: &hand, at: now)
        written = 0
        if confirmation != nil, handLines > 0 {
            confirmation?.handed(handLines, at: now)
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

    /// The process that read the first half of a line is gone: the next one gets it whole.
    mutating func stepBackToLineStart() {
        let lineEnd = hand[..<written].lastIndex(of: UInt8(ascii: "\n"))
        written = lineEnd.map { $0 + 1 } ?? 0
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
        handLines = 0
    }
}
