import Glibc
import HeraldService
import Logging
import NIOConcurrencyHelpers
import TestSupport
import Testing

@Suite("Telling systemd")
struct ServiceManagerTests {
    /// What is logged, a line each.
    private final class Entries: LogHandler, Sendable {
        let lines = NIOLockedValueBox<[String]>([])
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .trace }
            set {}
        }
        subscript(metadataKey _: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        func log(event: LogEvent) {
            lines.withLockedValue { $0.append("\(event.level): \(event.message)") }
        }
    }

    private let entries = Entries()
    private var log: Logger {
        let entries = entries
        return Logger(label: "test") { _ in entries }
    }
    private var logged: [String] { entries.lines.withLockedValue { $0 } }

    @Test("Each message arrives in one piece, at a socket that is a file or an abstract one", arguments: [false, true])
    func arrive(isAbstract: Bool) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("notify")
        let socket = try DatagramSocket(path, isAbstract: isAbstract)
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": isAbstract ? "@\(path)" : path], log: log)
        #expect(manager.isListening && manager.watchdogInterval == nil)
        manager.ready("up")
        manager.reloading()
        manager.status("2 notifiers")
        manager.stopping()
        let messages = socket.messages
        #expect(messages.count == 4)
        #expect(messages.first == "READY=1\nSTATUS=up")
        #expect(messages.suffix(2) == ["STATUS=2 notifiers", "STOPPING=1\nSTATUS=stopping"])
        let reloading = messages[1].split(separator: "\n")
        #expect(reloading.count == 3 && reloading[0] == "RELOADING=1")
        #expect(reloading[2] == "STATUS=reading the configuration")
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let time = try #require(reloading[1].split(separator: "=").last.flatMap { Int($0) })
        #expect(reloading[1].hasPrefix("MONOTONIC_USEC="))
        // Of this clock, and not of the time of day.
        #expect(time <= now.tv_sec * 1_000_000 + now.tv_nsec / 1000 && time > (now.tv_sec - 60) * 1_000_000)
        #expect(logged.isEmpty)
    }

    @Test("Without a NOTIFY_SOCKET nothing is done and nothing logged")
    func unasked() async {
        let manager = ServiceManager(environment: ["WATCHDOG_USEC": "1000000"], log: log)
        #expect(!manager.isListening)
        manager.ready("up")
        manager.stopping()
        await manager.keepWatchdog { Bool(false) }
        #expect(logged.isEmpty)
    }

    @Test("Where nobody listens it is logged once, and again after it went well")
    func failing() throws {
        let folder = try TemporaryFolder()
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": folder.path("notify")], log: log)
        manager.ready("up")
        manager.status("up")
        #expect(logged.count == 1)
        #expect(logged.first?.hasPrefix("warning: systemd cannot be told how the service is: sendto: ") == true)
        do {
            let socket = try DatagramSocket(folder.path("notify"))
            manager.status("up")
            #expect(socket.messages == ["STATUS=up"])
        }
        manager.status("up")
        #expect(logged.count == 2)
    }

    @Test("The watchdog is told in half its time, and only while the service is alive")
    func watchdog() async throws {
        let folder = try TemporaryFolder()
        let socket = try DatagramSocket(folder.path("notify"))
        let manager = ServiceManager(
            environment: [
                "NOTIFY_SOCKET": folder.path("notify"), "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "\(getpid())",
            ],
            log: log
        )
        #expect(manager.watchdogInterval == .milliseconds(10))
        let isAlive = NIOLockedValueBox(true)
        let asked = NIOLockedValueBox(0)
        let watching = Task {
            await manager.keepWatchdog {
                asked.withLockedValue { $0 += 1 }
                return isAlive.withLockedValue { $0 }
            }
        }
        try await eventually("three signs of life") { socket.messages.count >= 3 }
        isAlive.withLockedValue { $0 = false }
        // The question that is just being answered may still be a yes.
        let next = asked.withLockedValue { $0 } + 1
        try await eventually("it was asked again") { asked.withLockedValue { $0 } > next }
        let count = socket.messages.count
        let later = asked.withLockedValue { $0 } + 3
        try await eventually("it was asked some more") { asked.withLockedValue { $0 } > later }
        #expect(socket.messages.count == count)
        #expect(socket.messages.allSatisfy { $0 == "WATCHDOG=1" })
        #expect(logged.count == 1 && logged.first?.hasPrefix("error: a part of the service does not answer") == true)
        watching.cancel()
        await watching.value
    }

    @Test("What systemd says in the environment is named, so that no child inherits it")
    func variables() {
        #expect(ServiceManager.variables == ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"])
    }
}
