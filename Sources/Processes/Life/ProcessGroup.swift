import Glibc

/// The process group of a child, which it leads: all that it started, except what left on purpose.
struct ProcessGroup {
    /// The process id of the leader, which is the group's too. The system gives it to nobody else as long as one
    /// process of the group is there.
    let id: pid_t

    /// Sends a signal to all of the group. That nobody is there, or may be signalled, is no error.
    func signal(_ number: Int32) {
        _ = kill(-id, number)
    }

    /// Whether anybody of the group is there once the leader was reaped. What was handed to this process to reap, as
    /// happens to process 1 of a container, is reaped here.
    func othersLive() -> Bool {
        while waitpid(-id, nil, WNOHANG) > 0 {}
        return kill(-id, 0) == 0 || errno == EPERM
    }
}
