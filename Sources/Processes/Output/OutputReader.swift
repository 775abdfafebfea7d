import CLinux
import Glibc
import NIOConcurrencyHelpers
import SystemPackage

/// Reads one of a child's output pipes and gives its lines, from before the child's start until the last process of
/// its group is gone.
///
/// The pipe is our own and not one of subprocess's, for three reasons. Subprocess stops reading when the leader ends:
/// what the rest of the group then writes on its way out would meet a broken pipe. Its end of stream is the same for
/// a closed stdout and for a death. And when descriptors run out between two of its pipes, it ends the whole service.
final class OutputReader: Sendable {
    /// How much is read before it is another child's turn.
    private static let turn = 256 * 1024

    /// How much is read, at most, when the group is gone: all that a pipe can hold, though not what a stranger who
    /// inherited the other end still pours in.
    private static let rest = 1024 * 1024

    private struct State {
        var splitter: LineSplitter
        var readEndIsOpen = true
        var writeEndIsOpen = true
    }

    /// What the child gets as its stdout or stderr. Owned by this reader.
    let writeEnd: FileDescriptor

    private let readEnd: CInt
    private let loop: PipeLoop
    private let give: @Sendable ([ChildLine]) -> Void
    private let state: NIOLockedValueBox<State>

    /// Makes the pipe and begins to read. `give` is called on the ``PipeLoop``'s thread, with lines that came together.
    init(limit: Int, give: @escaping @Sendable ([ChildLine]) -> Void) throws(SystemFailure) {
        loop = try PipeLoop.shared()
        var ends: [CInt] = [-1, -1]
        guard herald_pipe_cloexec(&ends) == 0 else {
            throw SystemFailure("no pipe can be made for it", errno)
        }
        readEnd = ends[0]
        writeEnd = FileDescriptor(rawValue: ends[1])
        self.give = give
        state = NIOLockedValueBox(State(splitter: LineSplitter(limit: limit)))
        guard herald_set_nonblocking(readEnd) == 0 else {
            throw SystemFailure("its pipe cannot be set up", errno)
        }
        try loop.add(readEnd) { [weak self] in
            self?.read(upTo: Self.turn)
        }
    }

    deinit {
        closeWriteEnd()
        if state.withLockedValue({ $0.readEndIsOpen }) {
            loop.perform { [loop, readEnd] in
                loop.remove(readEnd)
                close(readEnd)
            }
        }
    }

    /// Closes our copy of the child's end; further calls do nothing. Without it no end of the output is ever seen.
    func closeWriteEnd() {
        let isOpen = state.withLockedValue { state in
            defer { state.writeEndIsOpen = false }
            return state.writeEndIsOpen
        }
        if isOpen {
            close(writeEnd.rawValue)
        }
    }

    /// Reads what is there, gives it with what was held of an unfinished line, and closes the pipe.
    func finish() async {
        closeWriteEnd()
        await withCheckedContinuation { continuation in
            loop.perform {
                self.read(upTo: Self.rest)
                self.end()
                continuation.resume()
            }
        }
    }

    /// On the loop's thread only.
    private func read(upTo most: Int) {
        guard state.withLockedValue({ $0.readEndIsOpen }) else { return }
        let ended = withUnsafeTemporaryAllocation(byteCount: 64 * 1024, alignment: 1) { buffer in
            var total = 0
            while total < most {
                let count = Glibc.read(readEnd, buffer.baseAddress, buffer.count)
                if count > 0 {
                    total += count
                    feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    // A pipe gives all that it has: there is no more, and to ask would cost a call each time. If its end
                    // has come too, the loop says so.
                    if count < buffer.count { return false }
                } else if count == 0 || errno != EINTR {
                    return count == 0 || errno != EAGAIN
                }
            }
            return false
        }
        if ended {
            end()
        }
    }

    /// Nothing more comes, or nobody wants it any more. On the loop's thread only.
    private func end() {
        let wasOpen = state.withLockedValue { state in
            defer { state.readEndIsOpen = false }
            return state.readEndIsOpen
        }
        guard wasOpen else { return }
        loop.remove(readEnd)
        close(readEnd)
        giveLines { splitter, give in splitter.finish(give) }
    }

    private func feed(_ bytes: UnsafeRawBufferPointer) {
        giveLines { splitter, give in splitter.feed(bytes, give) }
    }

    /// Lines are gathered under the lock and given outside of it, so that whoever takes them may do as it likes.
    private func giveLines(_ split: (inout LineSplitter, (ChildLine) -> Void) -> Void) {
        var lines: [ChildLine] = []
        state.withLockedValue { state in
            split(&state.splitter) { lines.append($0) }
        }
        if !lines.isEmpty { give(lines) }
    }
}
