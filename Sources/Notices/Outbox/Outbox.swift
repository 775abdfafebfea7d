import NIOConcurrencyHelpers
public import Processes

/// Where the notices of one notifier wait, between the loop's thread, which
/// fills it, and the notifier's own task, which writes it.
///
/// It outlives the processes: what one has not read whole, the next one gets.
public final class Outbox: ChildInput {
    fileprivate struct State {
        var queue: OutboxQueue
        /// What is being written, and how much of it has been.
        var hand: [UInt8] = []
        var written = 0
        var waiter: CheckedContinuation<Void, Never>?
        var isEnded = false
        var wasFull = false
        var writtenByteCount: UInt64 = 0
    }

    private let state: NIOLockedValueBox<State>
    private let capacity: Int
    private let room: @Sendable () -> Void

    /// As much as a pipe holds, by default: what is written in one go.
    fileprivate static let handSize = 64 * 1024

    /// - Parameters:
    ///   - capacity: In bytes of lines.
    ///   - merges: Whether what comes while it is full is merged. If not, it
    ///     grows, and whoever fills it is to wait while ``isFull``.
    ///   - room: Called, on any thread, when it was full and is half empty.
    public init(capacity: Int = 4 << 20, merges: Bool, room: @escaping @Sendable () -> Void = {}) {
        self.capacity = capacity
        self.room = room
        state = NIOLockedValueBox(State(queue: OutboxQueue(capacity: capacity, whenFull: merges ? .merge : .grow)))
    }

    public var isFull: Bool {
        state.withLockedValue { state in
            state.wasFull = state.wasFull || state.queue.isFull
            return state.queue.isFull
        }
    }

    /// Whether all has been written.
    public var isEmpty: Bool {
        state.withLockedValue { $0.queue.isEmpty && $0.written == $0.hand.count }
    }

    /// How many bytes have been written so far in this life of the outbox.
    public var writtenByteCount: UInt64 {
        state.withLockedValue { $0.writtenByteCount }
    }

    /// Fills the queue under one lock, and wakes whoever writes.
    func fill(_ body: (inout OutboxQueue) -> Void) {
        let waiter = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
            guard !state.isEnded else { return nil }
            body(&state.queue)
            guard !state.queue.isEmpty else { return nil }
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// No more will be taken in; once all is written the notifier's stdin is closed.
    public func end() {
        let waiter = state.withLockedValue { state in
            state.isEnded = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    // MARK: ChildInput

    public func next() async -> [UInt8]? {
        while !Task.isCancelled {
            let (bytes, isOver, hasRoom) = state.withLockedValue { state in state.takeHand(capacity: capacity) }
            if hasRoom { room() }
            if let bytes { return bytes }
            if isOver { return nil }
            await waitForMore()
        }
        return nil
    }

    public func wrote(_ count: Int) {
        state.withLockedValue { state in
            state.written += count
            state.writtenByteCount &+= UInt64(count)
        }
    }

    public func restart() {
        state.withLockedValue { $0.stepBackToLineStart() }
    }

    private func waitForMore() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLockedValue { state in
                    if Task.isCancelled || state.isEnded || !state.queue.isEmpty { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLockedValue { $0.waiter.take() }?.resume()
        }
    }
}

extension Outbox.State {
    /// What to write next, if anything; whether this is the end; whether there is room again for those who waited.
    fileprivate mutating func takeHand(capacity: Int) -> (bytes: [UInt8]?, isOver: Bool, hasRoom: Bool) {
        if written < hand.count {
            return (written == 0 ? hand : Array(hand[written...]), false, false)
        }
        queue.take(upTo: Outbox.handSize, into: &hand)
        written = 0
        let hasRoom = wasFull && queue.byteCount <= capacity / 2
        if hasRoom { wasFull = false }
        return hand.isEmpty ? (nil, isEnded, hasRoom) : (hand, false, hasRoom)
    }

    /// The process that read the first half of a line is gone: the next one gets it whole.
    fileprivate mutating func stepBackToLineStart() {
        let lineEnd = hand[..<written].lastIndex(of: UInt8(ascii: "\n"))
        written = lineEnd.map { $0 + 1 } ?? 0
    }
}
