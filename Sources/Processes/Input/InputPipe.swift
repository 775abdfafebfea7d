import CLinux
import Glibc
import NIOConcurrencyHelpers
import SystemPackage

/// A child's stdin.
///
/// The pipe is our own and not one of subprocess's, so that it can be asked how much of it was read, and so that a
/// broken pipe does not hide how much was written before.
final class InputPipe: Sendable {
    private struct State {
        var readEndIsOpen = true
        var writeEndIsOpen = true
        var writtenByteCount = 0
        /// The read end, opened again when the write end was closed, so that what is left can be counted.
        var rest: CInt?
        /// How much was left then, for where it cannot be opened again.
        var leftAtClose = 0
        var waiting: CheckedContinuation<Void, Never>?
    }

    /// What the child gets. Owned by this pipe.
    let readEnd: FileDescriptor

    private let writeEnd: CInt
    private let loop: PipeLoop
    private let state = NIOLockedValueBox(State())

    init() throws(SystemFailure) {
        loop = try PipeLoop.shared()
        var ends: [CInt] = [-1, -1]
        guard herald_pipe_cloexec(&ends) == 0 else {
            throw SystemFailure("no pipe can be made for it", errno)
        }
        readEnd = FileDescriptor(rawValue: ends[0])
        writeEnd = ends[1]
        guard herald_set_nonblocking(writeEnd) == 0 else {
            throw SystemFailure("its pipe cannot be set up", errno)
        }
    }

    deinit {
        closeReadEnd()
        close()
        if let rest = state.withLockedValue({ $0.rest }) { Glibc.close(rest) }
    }

    /// Closes our copy of the child's end; further calls do nothing. Without it no broken pipe is ever seen.
    func closeReadEnd() {
        let isOpen = state.withLockedValue { state in
            defer { state.readEndIsOpen = false }
            return state.readEndIsOpen
        }
        if isOpen {
            Glibc.close(readEnd.rawValue)
        }
    }

    /// Writes all of it, and waits for room where there is none. To be called by one task at a time, and not after
    /// `close`.
    ///
    /// - Returns: How many bytes were written: fewer than there are if nobody reads any more or the task was cancelled.
    func write(_ bytes: [UInt8]) async -> Int {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(writeEnd, $0.baseAddress, $0.count) }
            if count >= 0 {
                written += count
                state.withLockedValue { $0.writtenByteCount += count }
            } else if errno == EAGAIN {
                await waitForRoom()
                if Task.isCancelled { break }
            } else if errno != EINTR {
                break
            }
        }
        return written
    }

    /// How many bytes are in the pipe that nobody has read yet, also once it is closed; where they cannot be counted any
    /// more, how many there were then.
    var unreadByteCount: Int {
        // Under the lock, so that the descriptor is not another's by then.
        state.withLockedValue { countUnread($0) }
    }

    /// How many bytes have been read, or fewer where some are just being written; nil once nobody reads any more.
    var readByteCount: Int? {
        state.withLockedValue { state in
            // What is written while they are counted is taken for unread.
            let written = state.writtenByteCount
            return state.writeEndIsOpen && isBroken ? nil : written - countUnread(state)
        }
    }

    /// Whether nobody reads any more. To be asked while it is open.
    var isBroken: Bool {
        var end = pollfd(fd: writeEnd, events: 0, revents: 0)
        return poll(&end, 1, 0) == 1 && CInt(end.revents) & POLLERR != 0
    }

    /// Closes stdin; further calls do nothing. What is in it can still be read.
    func close() {
        let isOpen = state.withLockedValue { state in
            guard state.writeEndIsOpen else { return false }
            state.writeEndIsOpen = false
            // Not before: with a reader of our own no broken pipe would ever be seen. See proc_pid_fd(5) for pipes.
            let rest = open("/proc/self/fd/\(writeEnd)", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            state.rest = rest >= 0 ? rest : nil
            state.leftAtClose = Self.countUnread(in: writeEnd) ?? state.writtenByteCount
            return true
        }
        guard isOpen else { return }
        loop.remove(writeEnd)
        Glibc.close(writeEnd)
    }

    /// What cannot be counted is taken for unread: then it is told again, and not lost.
    private func countUnread(_ state: State) -> Int {
        if state.writeEndIsOpen { return Self.countUnread(in: writeEnd) ?? state.writtenByteCount }
        return state.rest.flatMap { Self.countUnread(in: $0) } ?? state.leftAtClose
    }

    private static func countUnread(in end: CInt) -> Int? {
        var unread: CInt = 0
        return ioctl(end, UInt(FIONREAD), &unread) == 0 ? Int(unread) : nil
    }

    private func waitForRoom() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLockedValue { $0.waiting = continuation }
                let willCome = loop.waitForRoom(in: writeEnd) { [weak self] in self?.wake() }
                if !willCome || Task.isCancelled {
                    wake()
                }
            }
        } onCancel: {
            wake()
        }
    }

    private func wake() {
        let waiting = state.withLockedValue { state in
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}
