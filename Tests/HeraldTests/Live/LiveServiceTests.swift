import Glibc
import TestSupport
import Testing

@Suite("Commands and systemd beside the real service")
struct LiveServiceTests {
    /// `herald run`, whose server nobody is, and that is told to speak to a systemd which is us.
    private final class Stage: Sendable {
        let folder: TemporaryFolder
        let systemd: DatagramSocket
        let service: HeraldProcess
        var configuration: String { folder.path("notifiers.ini") }

        init() async throws {
            folder = try TemporaryFolder()
            systemd = try DatagramSocket(folder.path("notify"))
            let configuration = try folder.write("notifiers.ini", Self.text(command: "cat"))
            service = try HeraldProcess(
                ["run", "-c", configuration],
                environment: [
                    "NOTIFY_SOCKET": folder.path("notify"), "WATCHDOG_USEC": "200000", "STATE_DIRECTORY": "",
                ]
            )
            let systemd = systemd
            try await eventually("it is ready") {
                systemd.messages.contains { $0.hasPrefix("READY=1\n") }
            }
        }

        static func text(command: String) -> String {
            """
            [herald]
            state_dir = state
            listen =
            [source]
            url = http://127.0.0.1:9
            [update_notification]
            a = \(command)
            env = env > env; exec cat

            """
        }

        func herald(_ arguments: String...) async throws -> Ended {
            try await Ended(arguments + ["-c", configuration])
        }

        /// Those messages that are not the watchdog's, by their first lines.
        var told: [String] {
            systemd.messages.map { String($0.prefix { $0 != "\n" }) }.filter { $0 != "WATCHDOG=1" }
        }
    }

    @Test("What is stopped shows as stopped until it is started; what is unknown is refused; all exit as they say")
    func commands() async throws {
        let stage = try await Stage()
        #expect(try await stage.herald("stop", "a").exit == .status(0))
        try await eventually("a is stopped") {
            try await stage.herald("status", "a").stdout.contains { $0.hasPrefix("  state          stopped") }
        }
        let stopped = try await stage.herald("status", "a")
        #expect(stopped.exit == .status(1) && stopped.stdout.contains { $0.contains("herald start a") })
        #expect(try await stage.herald("start", "notifier:a").exit == .status(0))
        try await eventually("a is well") {
            try await stage.herald("status", "a").exit == .status(0)
        }
        // Its server is away.
        let all = try await stage.herald("status")
        #expect(all.exit == .status(1) && all.stdout.contains("server http://127.0.0.1:9"))
        let unknown = try await stage.herald("restart", "nobody")
        #expect(unknown.exit == .status(1) && unknown.stderr.first?.contains("'nobody'") == true)
        let rewind = try await stage.herald("rewind", "nobody", "--to", "0")
        #expect(rewind.exit == .status(1) && rewind.stderr.count == 1)
    }

    @Test("A reload tells what has changed, or the faults; systemd is told of it, of life, and of the end")
    func reloading() async throws {
        let stage = try await Stage()
        try await eventually("life is shown") { stage.systemd.messages.contains("WATCHDOG=1") }
        try stage.folder.write("notifiers.ini", Stage.text(command: "cat -"))
        let reload = try await stage.herald("reload")
        #expect(reload.exit == .status(0) && !reload.stdout.isEmpty && reload.stderr.isEmpty)
        try stage.folder.write("notifiers.ini", Stage.text(command: "cat") + "nothing\n")
        let faults = try await stage.herald("reload")
        #expect(faults.exit == .status(78) && faults.stdout.isEmpty)
        #expect(faults.stderr.contains { $0.hasPrefix("\(stage.configuration):9: ") })

        stage.service.terminate()
        #expect(try await stage.service.waitForExit() == .status(0))
        let told = stage.told
        #expect(told.first == "READY=1" && told.last == "STOPPING=1")
        // A file that changed is noticed besides, so there may be more reloads than those that were asked for.
        let between = told.dropFirst().dropLast().filter { !$0.hasPrefix("STATUS=") }
        #expect(between.count >= 2 && between.count % 2 == 0)
        for (number, message) in between.enumerated() {
            #expect(message == (number % 2 == 0 ? "RELOADING=1" : "READY=1"))
        }
        let gone = try await stage.herald("status")
        #expect(gone.exit == .status(69))
    }

    @Test("No child is given what systemd tells the service")
    func environment() async throws {
        let stage = try await Stage()
        let file = LineFile(stage.folder.path("env"))
        let lines = try await file.waitForLine(containing: "HERALD_NOTIFIER=env")
        try await stage.service.terminateAndWait()
        for variable in ["NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID="] {
            #expect(!(lines + file.lines).contains { $0.hasPrefix(variable) })
        }
    }
}

extension HeraldProcess {
    fileprivate func terminateAndWait() async throws {
        terminate()
        try await waitForExit()
    }
}
