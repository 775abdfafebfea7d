import Processes

/// What the service tells systemd, as sd_notify(3) has it: assignments, a line each.
struct ServiceMessage: Sendable, Equatable {
    /// The assignments, a newline between two.
    let text: String

    var bytes: [UInt8] { Array(text.utf8) }

    /// It is up, or up again after a reload.
    static func ready(_ status: String) -> ServiceMessage {
        ServiceMessage(["READY=1", assignment(ofStatus: status)])
    }

    /// It reads its configuration anew. `Type=notify-reload` wants the time at which that began, so that it can tell it
    /// from an earlier one: CLOCK_MONOTONIC, in microseconds.
    static func reloading(_ status: String, microseconds: UInt64) -> ServiceMessage {
        ServiceMessage(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)", assignment(ofStatus: status)])
    }

    /// It is about to end.
    static func stopping(_ status: String) -> ServiceMessage {
        ServiceMessage(["STOPPING=1", assignment(ofStatus: status)])
    }

    /// How it is, for `systemctl status`.
    static func status(_ status: String) -> ServiceMessage {
        ServiceMessage([assignment(ofStatus: status)])
    }

    /// It is alive.
    static let watchdog = ServiceMessage(["WATCHDOG=1"])

    private init(_ assignments: [String]) {
        text = assignments.joined(separator: "\n")
    }

    /// A newline in the status would begin another assignment.
    private static func assignment(ofStatus status: String) -> String {
        "STATUS=\(LogText.escaped(status))"
    }
}
