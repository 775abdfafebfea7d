import Daemons
import Processes
import Status
import TestSupport
import Testing

@Suite("A daemon that dies too often is halted")
struct HaltingTests {
    private static let cat = "cat > /dev/null"

    private func configuration(retries: Int, time: String = "1d", _ more: String = "") -> String {
        "[os_daemons]\nd = \(Self.cat)\n[os_daemon_settings]\nmax_retries = \(retries)\nretry_time = \(time)\n\(more)\n"
    }

    @Test("With the third failure, if three are allowed; killed, ended with 0 and not to be run are all failures")
    func third() async throws {
        let house = try await House(
            "[os_daemons]\nwell = true\nnone = ./nowhere\nmurdered = sh -c 'kill -9 $$'\n"
                + "[os_daemon_settings]\nretry_time = 1d"
        )
        for (name, end) in [("well", "status 0"), ("none", "status 127"), ("murdered", "SIGKILL (9)")] {
            try await house.waitUntilHalted(name)
            let status = try await house.status(name)
            #expect(status.process.starts == 3 && status.failures == 3)
            #expect(status.process.lastEnd?.text.contains(end) ?? false)
        }
        await house.daemons.stop()
    }

    @Test("A restart for a change neither counts as a failure nor clears the count")
    func changesDoNotCount() async throws {
        let own = #"sh -c 'printf "[\"register\",\"s\"]\n"; exec cat > /dev/null'"#
        func configuration(_ value: Int) -> String {
            "[os_daemons]\nd = \(own)\n[os_daemon_settings]\nretry_time = 1d\n[s]\na = \(value)"
        }
        let house = try await House(configuration(0))
        for start in 1...2 { try await house.kill("d", start: start) }
        try await house.pid("d", start: 3)
        try await house.waitForRegistrations(of: "d", ["s"])
        for value in 1...4 {
            try await house.apply(configuration(value))
            try await house.pid("d", start: 3 + value)
            #expect(try await house.status("d").failures == 2)
        }
        try await house.kill("d", start: 7)
        try await house.waitUntilHalted("d")
        await house.daemons.stop()
    }

    @Test("It stays so when its section is touched, what it registered for changes, or the limits are changed")
    func staysHalted() async throws {
        let own = #"sh -c 'printf "[\"register\",\"s\"]\n"; exit 1'"#
        let house = try await House("[os_daemons]\nd = \(own)\n[os_daemon_settings]\nretry_time = 1d")
        try await house.waitUntilHalted("d")
        try await house.waitForRegistrations(of: "d", ["s"])
        try await house.apply(
            """
            [os_daemons]
            d = \(own)
            other = \(Self.cat)
            [os_daemon_settings]
            max_retries = 1000
            retry_time = 1
            [s]
            a = 1
            """
        )
        try await house.pid("other")
        let status = try await house.status("d")
        #expect(status.process.state == .halted && status.process.starts == 3)
        await house.daemons.stop()
    }

    @Test("Another command starts it, and what failed before is forgotten")
    func otherCommand() async throws {
        let house = try await House("[os_daemons]\nd = false\n[os_daemon_settings]\nretry_time = 1d")
        try await house.waitUntilHalted("d")
        try await house.apply(configuration(retries: 3))
        try await house.pid("d", start: 4)
        #expect(try await house.status("d").failures == 0)
        for start in 4...6 { try await house.kill("d", start: start) }
        try await house.waitUntilHalted("d")
        #expect(try await house.status("d").process.starts == 6)
        await house.daemons.stop()
    }

    @Test("Removed and put back it is started, and what failed before is forgotten")
    func putBack() async throws {
        let house = try await House(configuration(retries: 3))
        for start in 1...3 { try await house.kill("d", start: start) }
        try await house.waitUntilHalted("d")
        try await house.apply("")
        try await house.apply(configuration(retries: 3))
        try await house.pid("d", start: 1)
        #expect(try await house.status("d").failures == 0)
        await house.daemons.stop()
    }

    @Test("Told to start it is started, and what failed before is forgotten")
    func toldToStart() async throws {
        let house = try await House(configuration(retries: 2))
        for start in 1...2 { try await house.kill("d", start: start) }
        try await house.waitUntilHalted("d")
        let supervisor = try #require(await house.daemons.supervisor(of: "d"))
        let isNews = supervisor.resume()
        #expect(isNews)
        try await house.kill("d", start: 3)
        try await house.pid("d", start: 4)
        #expect(try await house.status("d").failures == 1)
        await house.daemons.stop()
    }

    @Test("The limits are those at the moment of the failure: how many, and within what time")
    func limits() async throws {
        let house = try await House(configuration(retries: 2))
        try await house.kill("d", start: 1)
        try await house.pid("d", start: 2)
        try await house.apply(configuration(retries: 4))
        for start in 2...3 { try await house.kill("d", start: start) }
        try await house.pid("d", start: 4)
        #expect(try await house.status("d").failures == 3)
        // Now only the last second counts.
        try await house.apply(configuration(retries: 4, time: "1s"))
        try await eventually("the failures are forgotten") {
            try await house.status("d").failures == 0
        }
        try await house.kill("d", start: 4)
        try await house.pid("d", start: 5)
        try await house.apply(configuration(retries: 1))
        #expect(try await house.pid("d", start: 5) > 0)
        try await house.kill("d", start: 5)
        try await house.waitUntilHalted("d")
        await house.daemons.stop()
    }
}
