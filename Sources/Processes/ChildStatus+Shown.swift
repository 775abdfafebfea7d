public import Status

extension ChildStatus {
    /// The status as people see it at this moment.
    /// - Parameter lastWords: The child's last line on stderr.
    public func shown(at now: Timekeeper.Instant, lastWords: String?) -> ProcessStatus {
        var shown = ProcessStatus(state: .starting, starts: starts, lastWords: lastWords)
        switch state {
        case .idle, .starting: shown.state = .starting
        case .running(let pid, _): (shown.state, shown.pid) = (.running, pid)
        case .waiting: shown.state = .waiting
        case .stopping(let pid): (shown.state, shown.pid) = (.stopping, pid)
        case .halted: shown.state = .halted
        case .suspended: shown.state = .stopped
        // For good, since its owner ends: no person has stopped it.
        case .stopped: shown.state = .stopping
        }
        shown.since = since.map { (now - $0).inSeconds }
        if let lastEnd, let lastEnded {
            shown.lastEnd = Mishap("\(lastEnd)", at: Timestamp.ago(now - lastEnded))
        }
        return shown
    }
}
