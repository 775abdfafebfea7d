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
    fileprivate struct State {
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
    }

    private let state: NIOLockedValueBox<State>
    public let name: String
    private let ledger: Ledger
    private let capacity: Int
    private let time: Timekeeper
    private let wallClock: @Sendable () -> Int64
    private let room: @Sendable () -> Void

    /// As much as a pipe holds, by default: what is written in one go.
    fileprivate static let handSize = 64 * 1024

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
        self.capacity = capacity
        self.time = time
        self.wallClock = wallClock
        self.room = room
        var state = State(queue: OutboxQueue(capacity: capacity, policy: policy))
        state.confirmation = confirmation
        self.state = NIOLockedValueBox(state)
    }

    /// The outbox of a notifier with these settings.
    public convenience init(_ settings: NotifierSettings, ledger: Ledger, room: @escaping @Sendable () -> Void) {
        let policy: OutboxQueue.Policy =
            switch settings.merge {
            case .debounce(let delay): .debounce(Debounce(delay: delay, changes: settings.mergeAt))
            case _ where settings.mergesLines: .mergeWhenFull
            default: .keepAll
            }
        self.init(
            name: settings.name,
            capacity: settings.outboxSize,
            policy: policy,
            confirmation: settings.confirmation.map {
                Confirmation(window: $0.window, timeout: $0.timeout, attempts: $0.attempts, greets: $0.greets)
            },
            ledger: ledger,
            room: room
        )
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
        state.withLockedValue { $0.queue.isEmpty }
    }

    /// For how long the first line waits that has not been delivered; `nil` where none does.
    public var age: Duration? {
        let now = time.now()
        return state.withLockedValue { $0.queue.oldest.map { now - $0 } }
    }

    /// Whether notices are being merged because the notifier is behind.
    public var isBehind: Bool {
        state.withLockedValue { $0.queue.isBehind }
    }

    /// How many bytes have been written so far in this life of the outbox.
    public var writtenByteCount: UInt64 {
        state.withLockedValue { $0.writtenByteCount }
    }

    /// `restart` is called, on any thread, when the process that lives now is to be stopped and started again.
    public func onRestart(_ restart: @escaping @Sendable (_ why: String) -> Void) {
        state.withLockedValue { $0.restart = restart }
    }

    /// Fills the queue under one lock, and wakes whoever writes.
    func fill(_ body: (inout OutboxQueue, Timekeeper.Instant) -> Void) {
        let now = time.now()
        let (receipts, waiter) = state.withLockedValue { state in
            guard !state.isEnded else { return ([Receipt](), nil as CheckedContinuation<Void, Never>?) }
            body(&state.queue, now)
            return (state.queue.takeTrailing(), wake(&state, now))
        }
        waiter?.resume()
        note(receipts)
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

    private func note(_ receipts: [Receipt], confirmed: Int = 0) {
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

    public var repeatsUnread: Bool { state.withLockedValue { $0.confirmation == nil } }

    public func next() async -> [UInt8]? {
        while !Task.isCancelled {
            let now = time.now()
            let (bytes, isOver, hasRoom) = state.withLockedValue { state in
                state.takeHand(capacity: capacity, now, wallClock)
            }
            if hasRoom { room() }
            if let bytes { return bytes }
            if isOver { return nil }
            await waitForMore()
        }
        return nil
    }

    public func wrote(_ count: Int) {
        let receipts = state.withLockedValue { state in
            state.written += count
            state.lifeWritten += count
            state.writtenByteCount &+= UInt64(count)
            guard state.confirmation == nil, state.written == state.hand.count else { return [Receipt]() }
            defer { state.handLines = 0 }
            return state.queue.deliver(state.handLines)
        }
        note(receipts)
    }

    public func restart() {
        let now = time.now()
        state.withLockedValue { state in
            guard state.confirmation != nil else { return state.stepBackToLineStart() }
            state.confirmation?.childBegan(at: now)
            state.dropHand()
            (state.lifeWritten, state.leftUnread) = (0, 0)
            state.deliveredBefore = state.queue.deliveredByteCount
        }
    }

    public func childLeft(unread: Int) {
        state.withLockedValue { $0.leftUnread = unread }
    }

    public func childEnded(isOrdered: Bool) {
        let hasReadFirst = state.withLockedValue { state in
            // What lay unread in its pipe is nothing that it can have died of.
            state.leftUnread < state.lifeWritten - (state.queue.deliveredByteCount - state.deliveredBefore)
        }
        answer { confirmation, _ in confirmation.childEnded(isOrdered: isOrdered, hasReadFirst: hasReadFirst) }
    }

    /// What the notifier answers to a line.
    func answered(_ answer: Answer) {
        self.answer { confirmation, now in confirmation.answered(answer, at: now) }
    }

    private func waitForMore() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = time.now()
                let isReady = state.withLockedValue { state in
                    if Task.isCancelled || state.isOver || state.canHand(at: now) { return true }
                    setTimer(&state)
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLockedValue { $0.waiter.take() }?.resume()
        }
    }

    // MARK: Confirmation

    /// Does what follows from an answer, or from the lack of one.
    private func answer(_ judge: (inout Confirmation, Timekeeper.Instant) -> Confirmation.Actions) {
        let now = time.now()
        var receipts: [Receipt] = []
        var confirmed = 0
        var letters: [(letter: DeadLetter, marks: [Mark])] = []
        var why: String?
        let (restart, hasRoom, waiter) = state.withLockedValue { state in
            // Taken out and put back, so that it is changed in place.
            guard var confirmation = state.confirmation.take() else {
                return (state.restart, false, nil as CheckedContinuation<Void, Never>?)
            }
            let actions = judge(&confirmation, now)
            state.confirmation = confirmation
            for action in actions {
                switch action {
                case .confirmed(let count):
                    receipts += state.queue.deliver(count)
                    confirmed += count
                    state.firstHanded = nil
                case .dropped(let reason, let deliveries): letters.append(giveUp(&state, reason, deliveries))
                case .stepBack: state.stepBack()
                case .restart(let reason): why = reason
                }
            }
            setTimer(&state)
            return (state.restart, state.takeRoom(capacity), wake(&state, now))
        }
        waiter?.resume()
        if hasRoom { room() }
        for (letter, marks) in letters { ledger.gaveUp(letter, passing: marks) }
        note(receipts, confirmed: confirmed)
        if let why { restart?(why) }
    }

    private func giveUp(_ state: inout State, _ reason: String, _ deliveries: Int) -> (DeadLetter, [Mark]) {
        var letter = DeadLetter(
            id: 0,
            notifier: name,
            database: "",
            line: state.queue.firstLine ?? [],
            reason: reason,
            deliveries: deliveries,
            firstDelivered: state.firstHanded ?? state.lastHanded,
            died: wallClock(),
            isToBeRetried: false
        )
        var marks: [Mark] = []
        for receipt in state.queue.deliver(1) {
            switch receipt {
            case .mark(let mark): marks.append(mark)
            // It was tried again and has died again.
            case .letter(let id): letter.id = id
            }
        }
        letter.database = marks.last?.database ?? ""
        state.firstHanded = nil
        return (letter, marks)
    }

    // MARK: Time

    /// Whom to wake, if there is something for it.
    private func wake(_ state: inout State, _ now: Timekeeper.Instant) -> CheckedContinuation<Void, Never>? {
        guard state.waiter != nil else { return nil }
        guard state.canHand(at: now) else {
            setTimer(&state)
            return nil
        }
        return state.waiter.take()
    }

    /// Has ``timeCame(_:)`` called when something is due, unless it is called before that anyway.
    private func setTimer(_ state: inout State) {
        guard let due = state.nextDue(), state.timer.map({ due < $0 }) ?? true else { return }
        state.timer = due
        Task { [weak self, time] in
            await time.sleep(due)
            self?.timeCame(due)
        }
    }

    private func timeCame(_ due: Timekeeper.Instant) {
        let isCurrent = state.withLockedValue { state in
            guard state.timer == due else { return false }
            state.timer = nil
            return true
        }
        guard isCurrent else { return }
        answer { confirmation, now in confirmation.timePassed(to: now) }
        let now = time.now()
        let waiter = state.withLockedValue { wake(&$0, now) }
        waiter?.resume()
    }
}

extension Outbox.State {
    var isOver: Bool { isEnded && queue.isAllHanded }

    /// Whether there is something to write now.
    mutating func canHand(at now: Timekeeper.Instant) -> Bool {
        written < hand.count || (confirmation?.room ?? 1) > 0 && queue.canHand(at: now)
    }

    mutating func nextDue() -> Timekeeper.Instant? {
        [confirmation?.deadline, queue.nextDue()].compactMap(\.self).min()
    }

    /// What to write next, if anything; whether this is the end; whether there is room again for those who waited.
    fileprivate mutating func takeHand(
        capacity: Int,
        _ now: Timekeeper.Instant,
        _ wallClock: () -> Int64
    ) -> (bytes: [UInt8]?, isOver: Bool, hasRoom: Bool) {
        if written < hand.count {
            return (written == 0 ? hand : Array(hand[written...]), false, false)
        }
        handLines = queue.hand(upTo: Outbox.handSize, most: confirmation?.room ?? .max, into: &hand, at: now)
        written = 0
        if confirmation != nil, handLines > 0 {
            confirmation?.handed(handLines, at: now)
            lastHanded = wallClock()
        }
        let hasRoom = takeRoom(capacity)
        return hand.isEmpty ? (nil, isOver, hasRoom) : (hand, false, hasRoom)
    }

    /// Whether it was full and is not any more; true once.
    fileprivate mutating func takeRoom(_ capacity: Int) -> Bool {
        guard wasFull, queue.byteCount <= capacity / 2 else { return false }
        wasFull = false
        return true
    }

    /// The process that read the first half of a line is gone: the next one gets it whole.
    fileprivate mutating func stepBackToLineStart() {
        let lineEnd = hand[..<written].lastIndex(of: UInt8(ascii: "\n"))
        written = lineEnd.map { $0 + 1 } ?? 0
    }

    /// What was not confirmed is handed again. What is being written is written to its end: half a line would garble
    /// the next.
    fileprivate mutating func stepBack() {
        firstHanded = firstHanded ?? lastHanded
        queue.stepBack()
    }

    /// Nobody reads what was being written any more.
    fileprivate mutating func dropHand() {
        stepBack()
        hand = []
        written = 0
        handLines = 0
    }
}
