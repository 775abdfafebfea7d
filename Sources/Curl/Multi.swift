import CCurl
import CLinux
import Glibc

/// libcurl's multi handle, driven by the loop's epoll.
///
/// libcurl forbids most calls from inside its own callbacks, so whatever wants
/// to start, stop or resume a transfer leaves word here and it is done in
/// ``settle()``, between two calls into libcurl.
@CurlLoop
final class Multi {
    private let multi: UnsafeMutableRawPointer
    private let epoll: CInt
    /// When libcurl wants to be called although no socket is ready.
    private(set) var deadline: ContinuousClock.Instant?
    private var running: [UnsafeMutableRawPointer: Transfer] = [:]
    private var waitingActions: [@CurlLoop () -> Void] = []

    init(epoll: CInt) {
        self.epoll = epoll
        curl_global_init(Int(CURL_GLOBAL_ALL))
        guard let multi = curl_multi_init() else { preconditionFailure("curl_multi_init: out of memory") }
        self.multi = multi
        // The callbacks reach this object through the loop, whose only one it is; so they need no pointer to it.
        herald_multi_set_socket_callback(multi, socketCallback)
        herald_multi_set_timer_callback(multi, timerCallback)
    }

    // MARK: Transfers

    /// Hands the transfer's easy handle to libcurl. The transfer is kept alive until it has ended.
    func add(_ transfer: Transfer, _ easy: UnsafeMutableRawPointer) {
        running[easy] = transfer
        guard curl_multi_add_handle(multi, easy) == CURLM_OK else {
            running[easy] = nil
            return transfer.libcurlIsDone(CURLE_FAILED_INIT)
        }
    }

    /// Takes the easy handle back; its connection is closed if the transfer was not complete.
    func remove(_ easy: UnsafeMutableRawPointer) {
        curl_multi_remove_handle(multi, easy)
        running[easy] = nil
    }

    /// Does `action` when libcurl may be called: never inside one of its callbacks.
    func whenSettled(_ action: @escaping @CurlLoop () -> Void) {
        waitingActions.append(action)
    }

    /// Does what was asked for with ``whenSettled(_:)`` and tells transfers that they have ended.
    func settle() {
        repeat {
            while !waitingActions.isEmpty {
                let actions = waitingActions
                waitingActions.removeAll(keepingCapacity: true)
                for action in actions { action() }
            }
            readMessages()
        } while !waitingActions.isEmpty
    }

    private func readMessages() {
        var left: CInt = 0
        while let message = herald_multi_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            // Read before the handle goes, with which the message goes too.
            let result = herald_message_result(message)
            let transfer = running[easy]
            remove(easy)
            transfer?.libcurlIsDone(result)
        }
    }

    // MARK: Sockets and time

    func socketIsReady(_ socket: CInt, events: UInt32) {
        var mask: CInt = 0
        if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
        var stillRunning: CInt = 0
        curl_multi_socket_action(multi, socket, mask, &stillRunning)
        settle()
    }

    func serveTimeout() {
        guard let deadline, deadline <= ContinuousClock.now else { return }
        self.deadline = nil
        var stillRunning: CInt = 0
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &stillRunning)
        settle()
    }

    /// Whether the socket is watched; one that is not fails its transfer.
    fileprivate func watch(_ socket: curl_socket_t, for what: CInt) -> Bool {
        if what == CURL_POLL_REMOVE {
            // The socket may have been closed already, which has taken it out of the epoll.
            _ = epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil)
            return true
        }
        var events: UInt32 = 0
        if what & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
        var event = epoll_event(events: events, data: epoll_data(fd: socket))
        return epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) == 0
            || (errno == ENOENT && epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0)
    }

    fileprivate func callBack(after milliseconds: Int) {
        deadline = milliseconds < 0 ? nil : ContinuousClock.now + .milliseconds(milliseconds)
    }
}

private func socketCallback(
    _: UnsafeMutableRawPointer?,
    socket: curl_socket_t,
    what: CInt,
    _: UnsafeMutableRawPointer?,
    _: UnsafeMutableRawPointer?
) -> CInt {
    CurlLoop.assumeIsolated { LoopCore.current.multi.watch(socket, for: what) ? 0 : -1 }
}

private func timerCallback(_: UnsafeMutableRawPointer?, milliseconds: Int, _: UnsafeMutableRawPointer?) -> CInt {
    CurlLoop.assumeIsolated { LoopCore.current.multi.callBack(after: milliseconds) }
    return 0
}
