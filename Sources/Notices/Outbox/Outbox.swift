public import CouchFeed
import NIOConcurrencyHelpers
public import Processes
public import Settings
import Store

/// Where the notices of one notifier wait, between the loop's thread, which
/// fills it, and the notifier's own task, which writes it.
///
/// It outlives the processes: what one has not read whole, or has not
/// confirmed where it confirms, the next one gets. What has been delivered is
/// noted in the notifier's ledger.
public final class Outbox: ChildInput {
    let state: NIOLockedValueBox<OutboxState>
    public let name: String
    let ledger: Ledger
    let time: Timekeeper
    let wallClock: @Sendable () -> Int64
    let room: @Sendable () -> Void

    /// - Parameters:
    ///   - name: The notifier's, for dead letters.
    ///   - capacity: In bytes.
    ///   - policy: What becomes of notices that the notifier has not read.
    ///   - confirmation: Where the notifier answers each line.
    ///   - wallClock: Milliseconds since 1970, for dead letters.
    ///   - room: Called, on any thread, when it was full and is half empty.
    init(
        name: String,
        capacity: Int = 4_000_000,
        policy: OutboxQueue.Policy,
        confirmation: Confirmation? = nil,
        ledger: Ledger,
        time: Timekeeper = .system,
        wallClock: @escaping @Sendable () -> Int64 = WallClock.now,
        room: @escaping @Sendable () -> Void = {}
    ) {
        self.name = name
        self.ledger = ledger
        self.time = time
        self.wallClock = wallClock
        self.room = room
        var state = OutboxState(queue: OutboxQueue(capacity: capacity, policy: policy))
        state.confirmation = confirmation
        self.state = NIOLockedValueBox(state)
    }

    /// The outbox of a notifier with these settings.
    public convenience init(_ settings: NotifierSettings, ledger: Ledger, room: @escaping @Sendable () -> Void) {
        self.init(
            name: settings.name,
            capacity: settings.outboxSize,
            policy: OutboxQueue.Policy(settings),
            confirmation: settings.confirmation.map {
                Confirmation(window: $0.window, timeout: $0.timeout, attempts: $0.attempts, greets: $0.greets)
            },
            ledger: ledger,
            room: room
        )
    }

    /// What comes from now on is treated as these settings say. Whether lines are confirmed must be as before.
    public func change(_ settings: NotifierSettings) {
        let now = time.now()
        let (hasRoom, waiter) = state.withLockedValue { state in
            state.queue.change(capacity: settings.outboxSize, policy: OutboxQueue.Policy(settings), at: now)
            if let new = settings.confirmation {
                state.confirmation?.change(window: new.window, timeout: new.timeout, attempts: new.attempts)
            }
            setTimer(&state, now)
            return (state.takeRoom(), wake(&state, now))
        }
        waiter?.resume()
        if hasRoom { room() }
    }

    /// What went through it since it was made, and what is in it.
    public var tally: OutboxTally {
        look()
        let now = time.now()
        return state.withLockedValue { state in
            OutboxTally(
                lines: state.queue.deliveredCount,
                merged: state.queue.mergedCount,
                waitingBytes: state.queue.byteCount,
                unconfirmed: state.confirmation?.underWay,
                age: state.queue.oldest.map { now - $0 },
                isMerging: state.queue.isBehind
            )
        }
    }

    /// Whether it is full. One that merges may still be filled.
    public var isFull: Bool {
        state.withLockedValue { state in
            state.wasFull = state.wasFull || state.queue.isFull
            return state.queue.isFull
        }
    }

    /// Whether all has been written.
    public var isAllWritten: Bool {
        state.withLockedValue { $0.queue.isAllHanded && $0.written == $0.hand.count }
    }

    /// Whether all has been delivered.
    public var isEmpty: Bool {
        look()
        return state.withLockedValue { $0.queue.isEmpty }
    }

    /// What changes whenever the process that lives now reads: what was written to all so far, in steps of 64 kB, and
    /// what this one has read, in bytes.
    public var progress: (written: UInt64, read: Int) {
        let (written, read) = state.withLockedValue { ($0.writtenByteCount, $0.read) }
        return (written, read?() ?? 0)
    }

    /// `restart` is called, on any thread, when the process that lives now is to be stopped and started again.
    public func onRestart(_ restart: @escaping @Sendable (_ why: String) -> Void) {
        state.withLockedValue { $0.restart = restart }
    }

    /// Fills the queue under one lock, and wakes whoever writes.
    func fill(_ body: (inout OutboxQueue, Timekeeper.Instant) -> Void) {
        let now = time.now()
        let waiter = state.withLockedValue { state in
            guard !state.isEnded else { return nil as CheckedContinuation<Void, Never>? }
            body(&state.queue, now)
            note(state.queue.takeTrailing())
            return wake(&state, now)
        }
        waiter?.resume()
    }

    /// A dead letter is to be tried again.
    public func retry(_ id: Int64, line: [UInt8]) {
        fill { queue, now in queue.append(letter: id, line: line + [UInt8(ascii: "\n")], at: now) }
    }

    /// No more will be taken in; once all is written the notifier's stdin is closed.
    public func end() {
        let waiter = state.withLockedValue { state in
            state.isEnded = true
            state.queue.release()
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Takes note of what the process has read by now.
    func look() {
        // Asked outside the lock: it may wait for the process, and nobody else must.
        guard let (life, read) = state.withLockedValue({ $0.beginLook() }) else { return }
        let count = read()
        let now = time.now()
        let (hasRoom, waiter) = state.withLockedValue { state in
            note(state.looked(life, count, at: now))
            setTimer(&state, now)
            return (state.takeRoom(), wake(&state, now))
        }
        waiter?.resume()
        if hasRoom { room() }
    }

    /// Notes what has been delivered: under the lock, or else what came later could be noted first.
    func note(_ receipts: [Receipt], confirmed: Int = 0) {
        guard !receipts.isEmpty || confirmed > 0 else { return }
        var marks: [Mark] = []
        for receipt in receipts {
            switch receipt {
            case .mark(let mark): marks.append(mark)
            case .letter(let id): ledger.finished(letter: id)
            }
        }
        ledger.delivered(marks, confirmed: confirmed)
    }

    // MARK: ChildInput

    public func next() async -> [UInt8]? {
        while !Task.isCancelled {
            let now = time.now()
            let (bytes, isOver, hasRoom) = state.withLockedValue { state in
                state.takeHand(now, wallClock)
            }
            if hasRoom { room() }
            if let bytes { return bytes }
            if isOver { return nil }
            await waitForMore()
        }
        return nil
    }

    public func wrote(_ count: Int) {
        let now = time.now()
        let isDue = state.withLockedValue { state in
            state.written += count
            state.lifeWritten += count
            state.writtenByteCount &+= UInt64(count)
            if let due = state.nextLook, due <= now { return true }
            state.willLook(at: now)
            setTimer(&state, now)
            return false
        }
        if isDue { look() }
    }

    public func restart() {
        let now = time.now()
        state.withLockedValue { state in
            state.confirmation?.childBegan(at: now)
            state.begin()
        }
    }

    public func childReads(_ read: @escaping @Sendable () -> Int?) {
        state.withLockedValue { $0.read = read }
    }

    public func childLeft(unread: Int) {
        let hasRoom = state.withLockedValue { state in
            note(state.left(unread: unread))
            return state.takeRoom()
        }
        if hasRoom { room() }
    }

    public func childEnded(isOrdered: Bool) {
        let hasReadFirst = state.withLockedValue { state in
            // What lay unread in its pipe is nothing that it can have died of.
            state.leftUnread < state.lifeWritten - (state.queue.deliveredByteCount - state.deliveredBefore)
        }
        answer { confirmation, _, actions in
            actions.append(confirmation.childEnded(isOrdered: isOrdered, hasReadFirst: hasReadFirst))
        }
    }

    /// What the notifier answers to lines, one after the other. Those that came together cost little more than one.
    func answered(_ answers: [Answer]) {
        answer { confirmation, now, actions in
            for answer in answers { actions.append(confirmation.answered(answer, at: now)) }
        }
    }

    private func waitForMore() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = time.now()
                let isReady = state.withLockedValue { state in
                    if Task.isCancelled || state.isOver || state.canHand(at: now) { return true }
                    setTimer(&state, now)
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
