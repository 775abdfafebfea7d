import NIOConcurrencyHelpers

/// Wakes the one who saves: at once, or after a while in which more may gather.
final class Alarm: Sendable {
    private struct State {
        var isRinging = false
        var willRing = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = NIOLockedValueBox(State())
    private let delay: Duration

    /// - Parameter delay: How long ``ringSoon()`` takes.
    init(delay: Duration) {
        self.delay = delay
    }

    func ring() {
        let waiter = state.withLockedValue { state in
            state.isRinging = state.waiter == nil
            return state.waiter.take()
        }
        waiter?.resume()
    }

    func ringSoon() {
        let isNew = state.withLockedValue { state in
            defer { state.willRing = true }
            return !state.willRing
        }
        guard isNew else { return }
        Task { [self, delay] in
            // For the sake of gathering, and of nothing else.
            try? await Task.sleep(for: delay)
            state.withLockedValue { $0.willRing = false }
            ring()
        }
    }

    /// Returns when it rings, at once if it has since the last time.
    func wait() async {
        await withCheckedContinuation { continuation in
            let rang = state.withLockedValue { state in
                if state.isRinging {
                    state.isRinging = false
                    return true
                }
                state.waiter = continuation
                return false
            }
            if rang { continuation.resume() }
        }
    }
}
