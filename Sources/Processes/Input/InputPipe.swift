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
            } else if errno == EAGAIN {
                await waitForRoom()
                if Task.isCancelled { break }
            } else if errno != EINTR {
                break
            }
        }
        return written
    }

    /// How many bytes are in the pipe that nobody has read yet; 0 once it is closed.
    var unreadByteCount: Int {
        // Under the lock, so that the descriptor is not another's by then.
        state.withLockedValue { $0.writeEndIsOpen ? countUnread() : 0 }
    }

    /// Closes stdin; further calls do nothing.
    ///
    /// - Returns: How many bytes nobody had read until then.
    @discardableResult
    func close() -> Int {
        let isOpen = state.withLockedValue { state in
            defer { state.writeEndIsOpen = false }
            return state.writeEndIsOpen
        }
        guard isOpen else { return 0 }
        let unread = countUnread()
        loop.remove(writeEnd)
        Glibc.close(writeEnd)
        return unread
    }

    private func countUnread() -> Int {
        var unread: CInt = 0
        return ioctl(writeEnd, UInt(FIONREAD), &unread) == 0 ? Int(unread) : 0
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
