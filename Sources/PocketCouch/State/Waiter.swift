import NIOConcurrencyHelpers
import NIOCore

/// What one open feed waits on: a change of its database, a moment, or its end. Waking says only "look again": the feed
/// finds out by itself what there is, so that a wake too many does no harm and none is lost.
final class Waiter: Sendable {
    private struct State {
        var isWoken = false
        var isEnded = false
        var continuation: CheckedContinuation<Void, Never>?
    }

    private let state = NIOLockedValueBox(State())

    /// True when the client or the server has gone: nothing more is to be written.
    var isEnded: Bool {
        state.withLockedValue { $0.isEnded }
    }

    func wake() {
        let continuation = state.withLockedValue { state in
            state.isWoken = true
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume()
    }

    func end() {
        state.withLockedValue { $0.isEnded = true }
        wake()
    }

    /// Returns when woken since the last wait returned, at the deadline, or when the feed or its task is ended.
    func wait(until deadline: NIODeadline, on eventLoop: any EventLoop) async {
        let timer = eventLoop.scheduleTask(deadline: deadline) { self.wake() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLockedValue { state in
                    if state.isWoken || state.isEnded { return true }
                    state.continuation = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            end()
        }
        state.withLockedValue { $0.isWoken = false }
        timer.cancel()
    }
}
