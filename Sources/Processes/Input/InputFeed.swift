import NIOConcurrencyHelpers

/// Brings an input to the stdin of one child, in a task of its own, and closes stdin when that ends.
final class InputFeed: Sendable {
    private let task: Task<Void, Never>

    /// Begins to write. The pipe holds what fits until the child reads.
    /// - Parameters:
    ///   - onEnd: Called when the input has ended by itself.
    ///   - onBreak: Called when a write came up short, though nobody had called `end`.
    init(
        input: any ChildInput,
        pipe: InputPipe,
        onEnd: @escaping @Sendable () -> Void,
        onBreak: @escaping @Sendable () -> Void
    ) {
        input.childReads { pipe.readByteCount }
        task = Task {
            let isBroken = await Self.pump(input, into: pipe)
            // Closed before anybody hears of it.
            pipe.close()
            if !Task.isCancelled {
                isBroken ? onBreak() : onEnd()
            }
        }
    }

    /// Stops writing, also in the midst of a write that is stuck, and has stdin closed.
    func end() {
        task.cancel()
    }

    /// Returns when stdin is closed.
    func waitForEnd() async {
        await task.value
    }

    /// Writes until the input ends, the task is cancelled, or nobody reads any more; whether it was the last.
    private static func pump(_ input: any ChildInput, into pipe: InputPipe) async -> Bool {
        while let (count, written) = await writeNext(of: input, into: pipe) {
            input.wrote(written)
            if written < count || count == 0 && pipe.isBroken {
                return true
            }
        }
        return false
    }

    /// A function of its own, so that the batch is let go of before anybody hears that it was written.
    private static func writeNext(of input: any ChildInput, into pipe: InputPipe) async -> (count: Int, written: Int)? {
        guard !Task.isCancelled, let bytes = await input.next() else { return nil }
        return (bytes.count, await pipe.write(bytes))
    }
}
