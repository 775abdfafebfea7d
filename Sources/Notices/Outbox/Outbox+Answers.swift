import CouchFeed
import NIOConcurrencyHelpers
import Processes
import Store

// What notifiers answer, and what becomes due.

extension Outbox {
    /// What is to be noted, in order: a later mark must not be followed by an earlier one.
    private enum News {
        case confirmed(Int, [Receipt])
        case gaveUp(DeadLetter, [Mark])
    }

    /// Does what follows from answers, or from the lack of one.
    func answer(
        _ judge: (inout Confirmation, Timekeeper.Instant, inout [Confirmation.Action]) -> Void
    ) {
        let now = time.now()
        var actions: [Confirmation.Action] = []
        var news: [News] = []
        var why: String?
        let (restart, hasRoom, waiter) = state.withLockedValue { state in
            // Taken out and put back, so that it is changed in place.
            guard var confirmation = state.confirmation.take() else {
                return (state.restart, false, nil as CheckedContinuation<Void, Never>?)
            }
            // All are judged before anything is done: what is done changes nothing of what later ones mean.
            judge(&confirmation, now, &actions)
            state.confirmation = confirmation
            for action in actions {
                switch action {
                case .confirmed(let count):
                    news.append(.confirmed(count, state.queue.deliver(count)))
                    state.firstHanded = nil
                case .dropped(let reason, let deliveries):
                    let (letter, marks) = giveUp(&state, reason, deliveries)
                    news.append(.gaveUp(letter, marks))
                case .stepBack: state.stepBack()
                case .restart(let reason): why = reason
                }
            }
            // Under the lock, or else what came later could be noted first.
            for some in news {
                switch some {
                case .confirmed(let count, let receipts): note(receipts, confirmed: count)
                case .gaveUp(let letter, let marks): ledger.gaveUp(letter, passing: marks)
                }
            }
            setTimer(&state, now)
            return (state.restart, state.takeRoom(), wake(&state, now))
        }
        waiter?.resume()
        if hasRoom { room() }
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
            setTimer(&state, now)
            return nil
        }
        return state.waiter.take()
    }

    /// Has ``timeCame(_:)`` called when something is due, unless it is called before that anyway.
    func setTimer(_ state: inout OutboxState, _ now: Timekeeper.Instant) {
        guard let due = state.nextDue(after: now), state.timer.map({ due < $0.due }) ?? true else { return }
        state.timer?.task.cancel()
        state.timerCount += 1
        let number = state.timerCount
        let task = Task { [weak self, time] in
            // The moment itself is what is waited for.
            await time.sleep(due)
            self?.timeCame(number)
        }
        state.timer = OutboxState.Timer(due: due, number: number, task: task)
    }

    private func timeCame(_ number: Int) {
        let isCurrent = state.withLockedValue { state in
            guard state.timer?.number == number else { return false }
            state.timer = nil
            return true
        }
        guard isCurrent else { return }
        answer { confirmation, now, actions in actions.append(confirmation.timePassed(to: now)) }
        look()
        let now = time.now()
        let waiter = state.withLockedValue { wake(&$0, now) }
        waiter?.resume()
    }
}

extension [Confirmation.Action] {
    /// Runs of confirmed lines become one action.
    mutating func append(_ actions: Confirmation.Actions) {
        for action in actions {
            if case .confirmed(let more) = action, case .confirmed(let before) = last {
                self[count - 1] = .confirmed(before + more)
            } else {
                append(action)
            }
        }
    }
}
