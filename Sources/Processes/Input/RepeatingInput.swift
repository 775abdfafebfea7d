import NIOConcurrencyHelpers

/// A ``ChildInput`` for all lives of a child, which gives again what one life has left unread in its pipe: so a line is
/// only lost if the child that died had read it. An input that looks after that itself is only passed on.
final class RepeatingInput: Sendable {
    private struct State {
        var unread = Unread()
        /// What was given and not yet reported as written; `nil` if it was given again.
        var given: [UInt8]?
        /// The stdin of the child that lives now.
        var pipe: InputPipe?
    }

    private let input: any ChildInput
    private let repeats: Bool
    private let state = NIOLockedValueBox(State())

    init(_ input: any ChildInput) {
        self.input = input
        repeats = input.repeatsUnread
    }

    func restart() {
        input.restart()
    }

    func next() async -> [UInt8]? {
        guard repeats else { return await input.next() }
        if let again = state.withLockedValue({ $0.unread.next }) {
            return again
        }
        guard let bytes = await input.next() else { return nil }
        state.withLockedValue { $0.given = bytes }
        return bytes
    }

    func wrote(_ count: Int) {
        guard repeats else { return input.wrote(count) }
        let isNew = state.withLockedValue { state in
            guard let given = state.given else {
                state.unread.wroteAgain(count)
                return false
            }
            state.unread.wrote(given[..<count])
            state.given = nil
            return true
        }
        if isNew {
            input.wrote(count)
        }
    }

    /// How many bytes are in the pipe of the child that lives now, which it has not read yet.
    var unreadByteCount: Int {
        state.withLockedValue { $0.pipe }?.unreadByteCount ?? 0
    }

    /// From now on this is the child's stdin.
    func begin(_ pipe: InputPipe) {
        state.withLockedValue { $0.pipe = pipe }
    }

    /// The child is no more, and so many bytes were unread in its pipe.
    func childLeft(_ unread: Int) {
        state.withLockedValue { state in
            state.pipe = nil
            if repeats {
                state.unread.childLeft(unread)
            }
        }
        input.childLeft(unread: unread)
    }

    func childEnded(isOrdered: Bool) {
        input.childEnded(isOrdered: isOrdered)
    }
}
