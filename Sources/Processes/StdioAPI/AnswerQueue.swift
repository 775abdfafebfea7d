import NIOConcurrencyHelpers

/// What a daemon is answered, on its way to its stdin. One that asks and does not read fills it until it is full.
final class AnswerQueue: ChildInput {
    private struct State {
        var waiting: [UInt8] = []
        /// What is being written, and how much of it has been.
        var given: [UInt8] = []
        var written = 0
        var waiter: CheckedContinuation<Void, Never>?
        var lives = 0
    }

    /// How many bytes may wait; more only if they are one answer, before which none waits.
    static let limit = 1_000_000

    private let state = NIOLockedValueBox(State())

    /// How many lives of the daemon have begun: the number of the one that lives now, as ``ChildStatus/starts`` counts.
    var lives: Int { state.withLockedValue { $0.lives } }

    /// Takes an answer. Whether there was room for it; none is kept where there was not.
    func add(_ answer: [UInt8]) -> Bool {
        let (hasRoom, waiter) = state.withLockedValue { state in
            let waiting = state.waiting.count + state.given.count - state.written
            guard waiting == 0 || waiting + answer.count <= Self.limit else {
                return (false, nil as CheckedContinuation<Void, Never>?)
            }
            state.waiting += answer
            defer { state.waiter = nil }
            return (true, state.waiter)
        }
        waiter?.resume()
        return hasRoom
    }

    // MARK: ChildInput

    func next() async -> [UInt8]? {
        while !Task.isCancelled {
            let bytes = state.withLockedValue { state in
                if state.written == state.given.count {
                    state.given = state.waiting
                    state.waiting = []
                    state.written = 0
                }
                return state.written == 0 ? state.given : Array(state.given[state.written...])
            }
            if !bytes.isEmpty { return bytes }
            await waitForMore()
        }
        return nil
    }

    func wrote(_ count: Int) {
        state.withLockedValue { $0.written += count }
    }

    func restart() {
        state.withLockedValue { state in
            state.waiting = []
            state.given = []
            state.written = 0
            state.lives += 1
        }
    }

    private func waitForMore() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLockedValue { state in
                    if Task.isCancelled || !state.waiting.isEmpty { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLockedValue { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}
