import CLinux
import Glibc
public import Logging
import NIOConcurrencyHelpers

/// Tells systemd how the service is, by the protocol of sd_notify(3); does nothing where nobody asked for it.
///
/// May be used from any thread. What cannot be told is logged once, and again
/// after something could be told; the service goes on all the same.
public final class ServiceManager: Sendable {
    /// What systemd tells the service in the environment. No child may inherit these: it would speak in the service's
    /// name, or take the watchdog for its own.
    public static let variables: Set<String> = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]

    private let settings: ServiceManagerSettings
    private let log: Logger
    private let isFailing = NIOLockedValueBox(false)

    /// - Parameters:
    ///   - environment: The service's own.
    ///   - pid: The service's own, or this process.
    public init(environment: [String: String], pid: Int32? = nil, log: Logger) {
        settings = ServiceManagerSettings(environment: environment, pid: pid ?? getpid())
        self.log = log
        if let complaint = settings.complaint { log.warning("\(complaint)") }
    }

    /// Whether somebody listens.
    public var isListening: Bool { settings.address != nil }

    /// The service is up, or up again after ``reloading(_:)``, whether or not the reload succeeded. `status` is for
    /// `systemctl status`, in words.
    public func ready(_ status: String) {
        send(.ready(status))
    }

    /// The service begins to read its configuration anew. ``ready(_:)`` must follow.
    public func reloading(_ status: String = "reading the configuration") {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        send(.reloading(status, microseconds: UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000))
    }

    /// The service begins to stop.
    public func stopping(_ status: String = "stopping") {
        send(.stopping(status))
    }

    /// How the service is, for `systemctl status`, in words.
    public func status(_ status: String) {
        send(.status(status))
    }

    /// How often systemd is told that the service is alive: in half of the time that it allows, as sd_watchdog_enabled(3)
    /// advises. `nil` where it does not ask.
    public var watchdogInterval: Duration? { settings.watchdog.map { $0 / 2 } }

    /// Tells systemd at once, and then at each ``watchdogInterval``, that the service is alive, until the task is
    /// cancelled. Returns at once where systemd does not ask.
    ///
    /// - Parameter isAlive: Says whether it is, by having something done by the parts that could hang. Where it says no,
    ///   or does not return, systemd is not told, and ends the service and starts it again.
    public func keepWatchdog(isAlive: @Sendable () async -> Bool) async {
        guard let interval = watchdogInterval else { return }
        var wasAlive = true
        repeat {
            let isAlive = await isAlive()
            if isAlive {
                send(.watchdog)
            } else if wasAlive {
                log.error("a part of the service does not answer: systemd's watchdog is not told that it is alive")
            }
            wasAlive = isAlive
            // The pace is what is asked for here: there is no condition to wait for.
        } while (try? await Task.sleep(for: interval)) != nil
    }

    private func send(_ message: ServiceMessage) {
        guard let address = settings.address else { return }
        do throws(SystemFailure) {
            try DatagramSender(address: address).send(message.bytes)
            isFailing.withLockedValue { $0 = false }
        } catch {
            let isNew = isFailing.withLockedValue { isFailing in
                defer { isFailing = true }
                return !isFailing
            }
            if isNew { log.warning("systemd cannot be told how the service is: \(error)") }
        }
    }
}
