import Control
import NIOConcurrencyHelpers
import Status

/// A service that is as the test says, and notes what it is asked to do.
final class StubService: Controlled {
    private struct State {
        var report = StatusReport.healthy
        var reports = 0
        var error: ControlError?
        var done: [String] = []
        var isStuck = false
    }

    private let state = NIOLockedValueBox(State())

    /// What was done, in order.
    var done: [String] { state.withLockedValue { $0.done } }

    /// How often it was asked how it is.
    var reports: Int { state.withLockedValue { $0.reports } }

    func setReport(_ change: (inout StatusReport) -> Void) {
        state.withLockedValue { change(&$0.report) }
    }

    /// From now on every action fails with this.
    func fail(with error: ControlError?) {
        state.withLockedValue { $0.error = error }
    }

    /// From now on a reload does not come back until ``unstick()``.
    func stick() {
        state.withLockedValue { $0.isStuck = true }
    }

    func unstick() {
        state.withLockedValue { $0.isStuck = false }
    }

    private func note(_ what: String) throws(ControlError) {
        let error = state.withLockedValue { state in
            state.done.append(what)
            return state.error
        }
        if let error { throw error }
    }

    func report() async -> StatusReport {
        state.withLockedValue { state in
            state.reports += 1
            return state.report
        }
    }

    func reload() async throws(ControlError) -> ReloadAnswer {
        try note("reload")
        while state.withLockedValue({ $0.isStuck }) {
            // Polls what the test sets; nothing depends on how long it takes.
            try? await Task.sleep(for: .milliseconds(5))
        }
        return ReloadAnswer(changes: ["notifier a: started"], warnings: ["a.ini:1: b; c"])
    }

    func perform(_ action: ChildAction, on name: ChildName) async throws(ControlError) {
        try note("\(action.rawValue) \(name.kind?.rawValue ?? "any") \(name.name)")
    }

    func rewind(_ request: RewindRequest) async throws(ControlError) -> RewindAnswer {
        try note("rewind \(request.name ?? "all") \(request.database ?? "all") \(request.to)")
        return RewindAnswer(databases: ["a": 2])
    }
}

extension StatusReport {
    /// One of each, all well.
    static var healthy: StatusReport {
        StatusReport(
            herald: HeraldStatus(
                version: "1.2.3",
                pid: 7,
                started: "2026-11-21T10:00:00.000Z",
                uptime: 61.5,
                configuration: ConfigurationStatus(files: ["a.ini"], loaded: "2026-11-21T10:00:00.000Z", reloads: 2)
            ),
            server: ServerStatus(url: "http://127.0.0.1:5984", state: .reachable, kind: "CouchDB", bell: .rings),
            databases: ["db": DatabaseStatus(feed: .open, reconnects: 1, changes: 5)],
            notifiers: [
                "n": NotifierStatus(
                    process: ProcessStatus(state: .running, pid: 8, starts: 3),
                    lag: 0.25,
                    waitingBytes: 9,
                    lines: 11,
                    merged: 12,
                    unconfirmed: 2
                )
            ],
            daemons: ["o": DaemonStatus(process: ProcessStatus(state: .running, starts: 2), failures: 1)],
            store: StoreStatus(folder: "/s", size: 4096, lastSave: "2026-11-21T10:00:01.500Z")
        )
    }
}
