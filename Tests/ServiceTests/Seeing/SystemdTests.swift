import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@Suite("herald run under systemd")
struct SystemdTests {
    /// The values of `key` in messages, in order.
    private static func values(_ key: String, _ messages: [String]) -> [String] {
        messages.flatMap { $0.split(separator: "\n") }.filter { $0.hasPrefix("\(key)=") }
            .map { String($0.dropFirst(key.utf8.count + 1)) }
    }

    @Test("It tells when it is up, reloads, is up again, and stops; also where the reload finds a fault")
    func states() async throws {
        let stage = try Stage()
        let socket = try DatagramSocket(stage.folder.path("notify"))
        let play = try await stage.play(
            [("a", stage.append("a"))],
            options: Stage.listening,
            environment: ["NOTIFY_SOCKET": stage.folder.path("notify")]
        )
        try await eventually("READY=1") { Self.values("READY", socket.messages) == ["1"] }
        #expect(socket.messages[0].split(separator: "\n").contains { $0.hasPrefix("STATUS=") })
        try await eventually("it tells how things are") { socket.messages.contains("STATUS=all is well") }
        // Nothing that asks the interface may come before it is up.
        #expect(!play.herald.log("listening at").isEmpty)
        for round in 1...2 {
            if round == 2 {
                try writeFile(stage.folder.path("notifiers.ini"), Array("[source\n".utf8))
            }
            play.herald.send(signal: SIGHUP)
            try await eventually("a reload") {
                Self.values("READY", socket.messages).count >= round + 1
            }
        }
        let messages = socket.messages
        let keys = messages.map { $0.prefix { $0 != "=" } }.filter { $0 != "STATUS" }
        // The files' change may be noticed beside the signal.
        #expect(keys.starts(with: ["READY", "RELOADING", "READY", "RELOADING", "READY"]), "\(messages)")
        let times = Self.values("MONOTONIC_USEC", messages).compactMap { UInt64($0) }
        #expect(times.count == keys.count { $0 == "RELOADING" } && times == times.sorted())
        let now = monotonicMicroseconds()
        #expect(times.allSatisfy { $0 <= now && $0 + 600_000_000 > now })
        #expect(Self.values("WATCHDOG", messages).isEmpty)

        try await play.end()
        let end = socket.messages
        #expect(end.last?.hasPrefix("STOPPING=1\nSTATUS=") ?? false, "\(end)")
        #expect(Self.values("STOPPING", end) == ["1"])
    }

    @Test("With a watchdog it says that it is alive, in half the time; stopped, it does so no more")
    func watchdog() async throws {
        let stage = try Stage()
        let path = stage.folder.path("notify")
        let socket = try DatagramSocket(path)
        let play = try await stage.play(
            [("a", stage.append("a"))],
            environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"]
        )
        func count() -> Int { Self.values("WATCHDOG", socket.messages).count }
        let start = ContinuousClock.now
        let first = count()
        try await eventually("ten signs of life") { count() >= first + 10 }
        // No more often than it is to be.
        #expect(ContinuousClock.now - start > .milliseconds(800))
        let process = try #require(RunningProcess(play.herald.pid))
        try await process.freeze()
        let frozen = count()
        // That nothing comes cannot be waited for: a while in which three would have.
        try await Task.sleep(for: .milliseconds(300))
        #expect(count() == frozen)
        process.thaw()
        try await eventually("a sign of life") { count() > frozen }
        try await play.end()
    }

    @Test("A watchdog that is meant for another process is none; children are told nothing of systemd")
    func children() async throws {
        let stage = try Stage()
        let path = stage.folder.path("notify")
        let socket = try DatagramSocket(path)
        let play = try await stage.play(
            [("a", "sh -c 'env > a.env; exec cat'")],
            options: Stage.listening + "[os_daemons]\nd = sh -c 'env > d.env; exec cat'\n",
            environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1", "KEPT": "yes"]
        )
        for name in ["a", "d"] {
            let lines = try await stage.lines("\(name).env").waitForLine(containing: "KEPT=yes")
            let systemd = lines.filter { $0.hasPrefix("NOTIFY_SOCKET=") || $0.hasPrefix("WATCHDOG_") }
            #expect(systemd.isEmpty)
        }
        try await play.end()
        #expect(Self.values("WATCHDOG", socket.messages).isEmpty)
        #expect(Self.values("READY", socket.messages) == ["1"])
    }

    @Test("A socket of systemd that is gone is told once, and nothing else is the worse for it")
    func gone() async throws {
        let stage = try Stage()
        let play = try await stage.play(
            [("a", stage.append("a"))],
            environment: ["NOTIFY_SOCKET": stage.folder.path("none"), "WATCHDOG_USEC": "20000"]
        )
        try await play.herald.waitForLine(containing: "systemd cannot be told how the service is")
        try stage.state.createDatabase("d")
        try await stage.lines("a").waitForLines(1)
        try await play.end()
        #expect(play.herald.log("systemd cannot be told").count == 1)
    }
}
