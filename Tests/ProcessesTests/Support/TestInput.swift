import NIOConcurrencyHelpers
import Processes

/// An input that the test fills, with the memory of an outbox: a line counts as done only when it was read whole.
final class TestInput: ChildInput {
    private struct State {
        var bytes: [UInt8] = []
        var written = 0
        var ended = false
        var batch = 65_536
        var restarts = 0
        var unread: [Int] = []
        var ends: [Bool] = []
        var bell: AsyncStream<Void>.Continuation?
    }

    private let box = NIOLockedValueBox(State())

    init(batch: Int = 65_536) {
        box.withLockedValue { $0.batch = batch }
    }

    var written: Int { box.withLockedValue { $0.written } }

    var restarts: Int { box.withLockedValue { $0.restarts } }

    /// What each child has left unread.
    var unread: [Int] { box.withLockedValue { $0.unread } }

    /// For each child that has ended whether that was ordered.
    var ends: [Bool] { box.withLockedValue { $0.ends } }

    func add(_ text: String) {
        change { $0.bytes += Array(text.utf8) }
    }

    func end() {
        change { $0.ended = true }
    }

    func next() async -> [UInt8]? {
        while !Task.isCancelled {
            let (bell, ring) = AsyncStream<Void>.makeStream()
            let state = box.withLockedValue { state in
                state.bell = ring
                return state
            }
            if state.written < state.bytes.count {
                return Array(state.bytes[state.written...].prefix(state.batch))
            }
            if state.ended {
                return nil
            }
            for await _ in bell { break }
        }
        return nil
    }

    func wrote(_ count: Int) {
        box.withLockedValue { $0.written += count }
    }

    func restart() {
        box.withLockedValue { state in
            state.restarts += 1
            state.written = state.bytes[..<state.written].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        }
    }

    func childLeft(unread: Int) {
        box.withLockedValue { state in
            state.unread.append(unread)
            state.written -= unread
        }
    }

    func childEnded(isOrdered: Bool) {
        box.withLockedValue { $0.ends.append(isOrdered) }
    }

    private func change(_ change: (inout State) -> Void) {
        let bell = box.withLockedValue { state in
            change(&state)
            return state.bell
        }
        bell?.yield()
    }
}
