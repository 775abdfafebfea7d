import CouchFeed
import NIOConcurrencyHelpers
import Processes
import Store

// What notifiers answer, and what becomes due.

extension Outbox {
    /// Does what follows from an answer, or from the lack of one.
    func answer(_ judge: (inout Confirmation, Timekeeper.Instant) -> Confirmation.Actions) {
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

    private func giveUp(_ state: inout OutboxState, _ reason: String, _ deliveries: Int) -> (DeadLetter, [Mark]) {
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
    func wake(_ state: inout OutboxState, _ now: Timekeeper.Instant) -> CheckedContinuation<Void, Never>? {
        guard state.waiter != nil else { return nil }
        guard state.canHand(at: now) else {
            setTimer(&state)
            return nil
        }
        return state.waiter.take()
    }

    /// Has ``timeCame(_:)`` called when something is due, unless it is called before that anyway.
    func setTimer(_ state: inout OutboxState) {
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
