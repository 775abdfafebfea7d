import NIOConcurrencyHelpers
import Subprocess

/// Brings what a ``ChildInput`` gives to the stdin of one child.
///
/// Its `write` is a task of the subprocess's own: it is cancelled when the child ends, and what it returns from closes
/// stdin. It never throws, since that would kill the child.
final class InputFeed: InputProtocol {
    private struct State {
        var pump: Task<Void, Never>?
        var ended = false
    }

    private let input: any ChildInput
    private let onEnd: @Sendable () -> Void
    private let onBreak: @Sendable () -> Void
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - onEnd: Called when the input has ended by itself.
    ///   - onBreak: Called when a write came up short, though nobody had called `end`.
    init(
        input: any ChildInput,
        onEnd: @escaping @Sendable () -> Void,
        onBreak: @escaping @Sendable () -> Void
    ) {
        self.input = input
        self.onEnd = onEnd
        self.onBreak = onBreak
    }

    /// Stops writing, also in the midst of a write that is stuck, and has stdin closed.
    func end() {
        let pump = state.withLockedValue { state in
            state.ended = true
            return state.pump
        }
        pump?.cancel()
    }

    func write(with writer: StandardInputWriter) async {
        // A task of its own, because only so can it be cancelled without cancelling the subprocess. The writer does not
        // outlive this call in it.
        let pump = Task { await self.pump(into: writer) }
        let ended = state.withLockedValue { state in
            state.pump = pump
            return state.ended
        }
        if ended {
            pump.cancel()
        }
        await withTaskCancellationHandler {
            await pump.value
        } onCancel: {
            pump.cancel()
        }
    }

    private func pump(into writer: StandardInputWriter) async {
        while let (count, written) = await writeNext(into: writer) {
            input.wrote(written)
            // The one sign of a child that is gone or has closed its stdin is a short count, or an error that hides it.
            if written < count {
                if !Task.isCancelled {
                    onBreak()
                }
                return
            }
        }
        if !Task.isCancelled {
            onEnd()
        }
    }

    /// A function of its own, so that the batch is let go of before anybody hears that it was written.
    private func writeNext(into writer: StandardInputWriter) async -> (count: Int, written: Int)? {
        guard !Task.isCancelled, let bytes = await input.next() else { return nil }
        return (bytes.count, (try? await writer.write(bytes)) ?? 0)
    }
}
