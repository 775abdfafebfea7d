import CLinux
// Dispatch sources may be used from any thread, but are not marked so.
@preconcurrency import Dispatch
import Glibc
import NIOConcurrencyHelpers
import SystemPackage

/// Reads one of a child's output pipes and gives its lines, from before the child's start until the last process of
/// its group is gone.
///
/// The pipe is our own and not one of subprocess's, for three reasons. Subprocess stops reading when the leader ends:
/// what the rest of the group then writes on its way out would meet a broken pipe. Its end of stream is the same for
/// a closed stdout and for a death. And when descriptors run out between two of its pipes, it ends the whole service.
///
/// All readers share one queue, and with it at most one thread.
final class OutputReader: Sendable {
    private static let queue = DispatchQueue(label: "herald.processes.output")

    /// How much is read before it is another child's turn.
    private static let turn = 256 * 1024

    /// How much is read, at most, when the group is gone: all that a pipe can hold, though not what a stranger who
    /// inherited the other end still pours in.
    private static let rest = 1024 * 1024

    private struct State {
        var splitter: LineSplitter
        var writeEndOpen = true
    }

    /// What the child gets as its stdout or stderr. Owned by this reader.
    let writeEnd: FileDescriptor

    private let readEnd: CInt
    private let source: any DispatchSourceRead
    private let give: @Sendable (ChildLine) -> Void
    private let state: NIOLockedValueBox<State>
    private let closed: AsyncStream<Never>

    /// Makes the pipe and begins to read.
    init(limit: Int, give: @escaping @Sendable (ChildLine) -> Void) throws(SystemFailure) {
        var ends: [CInt] = [-1, -1]
        guard herald_pipe_cloexec(&ends) == 0 else {
            throw SystemFailure("no pipe can be made for it", errno)
        }
        let readEnd = ends[0]
        guard herald_set_nonblocking(readEnd) == 0 else {
            let code = errno
            close(ends[0])
            close(ends[1])
            throw SystemFailure("its pipe cannot be set up", code)
        }
        self.readEnd = readEnd
        self.writeEnd = FileDescriptor(rawValue: ends[1])
        self.give = give
        self.state = NIOLockedValueBox(State(splitter: LineSplitter(limit: limit)))
        let (closed, tellClosed) = AsyncStream<Never>.makeStream()
        self.closed = closed
        self.source = DispatchSource.makeReadSource(fileDescriptor: readEnd, queue: Self.queue)
        // Only once it is cancelled the source lets go of the descriptor.
        source.setCancelHandler {
            close(readEnd)
            tellClosed.finish()
        }
        source.setEventHandler { [weak self] in
            self?.read(upTo: Self.turn)
        }
        source.activate()
    }

    deinit {
        closeWriteEnd()
        source.cancel()
    }

    /// Closes our copy of the child's end; further calls do nothing. Without it no end of the output is ever seen.
    func closeWriteEnd() {
        let isOpen = state.withLockedValue { state in
            defer { state.writeEndOpen = false }
            return state.writeEndOpen
        }
        if isOpen {
            close(writeEnd.rawValue)
        }
    }

    /// Reads what is there, gives it with what was held of an unfinished line, and closes the pipe.
    func finish() async {
        closeWriteEnd()
        Self.queue.async {
            self.read(upTo: Self.rest)
            self.endLines()
            self.source.cancel()
        }
        for await _ in closed {}
    }

    /// On the queue only.
    private func read(upTo most: Int) {
        guard !source.isCancelled else { return }
        let ended = withUnsafeTemporaryAllocation(byteCount: 64 * 1024, alignment: 1) { buffer in
            var total = 0
            while total < most {
                let count = Glibc.read(readEnd, buffer.baseAddress, buffer.count)
                if count > 0 {
                    total += count
                    feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                } else if count < 0 && errno == EINTR {
                    continue
                } else {
                    return count == 0 || errno != EAGAIN
                }
            }
            return false
        }
        if ended {
            endLines()
            source.cancel()
        }
    }

    private func feed(_ bytes: UnsafeRawBufferPointer) {
        // Lines are collected under the lock and given outside of it, so that whoever takes them may do as it likes.
        var lines: [ChildLine] = []
        state.withLockedValue { state in
            state.splitter.feed(bytes) { lines.append($0) }
        }
        for line in lines {
            give(line)
        }
    }

    private func endLines() {
        var lines: [ChildLine] = []
        state.withLockedValue { state in
            state.splitter.finish { lines.append($0) }
        }
        for line in lines {
            give(line)
        }
    }
}
