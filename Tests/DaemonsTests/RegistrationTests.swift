import Daemons
import Status
import TestSupport
import Testing

@Suite("A daemon that registers is restarted when what it registered for changes")
struct RegistrationTests {
    /// A daemon that registers so and tells of each of its lives.
    private func daemon(_ registrations: String...) -> String {
        let lines = registrations.map { "\($0)\\n" }.joined()
        return #"sh -c 'echo begin >> told; printf "$0"; exec cat > /dev/null' '\#(lines)'"#
    }

    @Test("For a section: any key of it that comes, changes or goes, and nothing else")
    func section() async throws {
        let head = "[os_daemons]\nd = \(daemon(#"["register","s"]"#))\nother = cat > /dev/null\n"
        let house = try await House(head + "[s]\na = 1\n[t]\na = 1")
        let other = try await house.pid("other")
        try await house.waitForRegistrations(of: "d", ["s"])
        var before = try await house.pid("d")
        for (index, change) in ["[s]\na = 2", "[s]\na = 2\nb = 1", "[s]\na =\nb = 1", ""].enumerated() {
            try await house.apply(head + change + "\n[t]\na = 1")
            let after = try await house.pid("d", start: index + 2)
            #expect(after != before)
            before = after
            // None but the change before this one.
            try await house.apply(head + change + "\n[t]\na = \(index)\nb = \(index)")
        }
        #expect(try await house.pid("d", start: 5) == before)
        #expect(try await house.pid("other") == other)
        let status = try await house.status("d")
        #expect(status.failures == 0 && status.registrations == ["s"])
        await house.daemons.stop()
        #expect(house.lines("told").lines.count == 5)
    }

    @Test("For a key: that one, and no other of its section")
    func key() async throws {
        let head = "[os_daemons]\nd = \(daemon(#"["register","s","k"]"#))\n"
        let house = try await House(head + "[s]\nk = 1\nother = 1")
        try await house.waitForRegistrations(of: "d", ["s/k"])
        let first = try await house.pid("d")
        try await house.apply(head + "[s]\nk = 1\nother = 2\nnew = 1")
        #expect(try await house.pid("d") == first)
        try await house.apply(head + "[s]\nk = 2")
        try await house.pid("d", start: 2)
        try await house.apply(head + "[s]\nk =")
        try await house.pid("d", start: 3)
        try await house.apply(head + "[s]\nk = 1")
        try await house.pid("d", start: 4)
        await house.daemons.stop()
        #expect(house.lines("told").lines.count == 4)
    }

    @Test("For os_daemons: it is restarted once and not duplicated, and none other is touched")
    func daemons() async throws {
        let own = daemon(#"["register","os_daemons"]"#, #"["register","os_daemons","d"]"#)
        let house = try await House("[os_daemons]\nd = \(own)\nother = cat > /dev/null")
        try await house.waitForRegistrations(of: "d", ["os_daemons", "os_daemons/d"])
        let other = try await house.pid("other")
        try await house.apply("[os_daemons]\nd = \(own)\nother = cat > /dev/null\nthird = cat > /dev/null")
        try await house.pid("d", start: 2)
        try await house.pid("third")
        // Its own command: that is one change, and one restart.
        try await house.apply("[os_daemons]\nd = env \(own)\nother = cat > /dev/null\nthird = cat > /dev/null")
        try await house.pid("d", start: 3)
        #expect(try await house.pid("other") == other)
        #expect(await house.daemons.status.keys.sorted() == ["d", "other", "third"])
        await house.daemons.stop()
        #expect(house.lines("told").lines.count == 3)
    }

    @Test("Setting the same value, moving it, and saying it in two places restarts nothing")
    func sameValue() async throws {
        let head = "[os_daemons]\nd = \(daemon(#"["register","s"]"#))\n"
        let house = try await House(head + "[s]\na = 1\nb = 2")
        try await house.waitForRegistrations(of: "d", ["s"])
        let pid = try await house.pid("d")
        for same in ["[s]\nb = 2\na = 1", "[s]\na = 7\nb = 2\na = 1\nc = 1\nc =", "[s]\na=1 ; so\n[s]\nb = 2"] {
            try await house.apply(head + same)
            #expect(try await house.pid("d") == pid)
        }
        await house.daemons.stop()
        #expect(house.lines("told").lines.count == 1)
    }

    @Test("It is remembered when the daemon dies, and forgotten when it becomes another")
    func memory() async throws {
        let once = "[os_daemons]\nd = sh d.sh\n"
        let house = try await House("")
        try house.folder.write(
            "d.sh",
            #"[ -e once ] || echo '["register","s"]'; touch once; exec cat > /dev/null"#
        )
        try await house.apply(once + "[s]\na = 1")
        try await house.waitForRegistrations(of: "d", ["s"])
        try await house.kill("d", start: 1)
        try await house.pid("d", start: 2)
        try await house.apply(once + "[s]\na = 2")
        try await house.pid("d", start: 3)
        try await house.apply("[os_daemons]\nd = sh ./d.sh\n[s]\na = 3")
        let fourth = try await house.pid("d", start: 4)
        #expect(try await house.status("d").registrations.isEmpty)
        try await house.apply("[os_daemons]\nd = sh ./d.sh\n[s]\na = 4")
        #expect(try await house.pid("d", start: 4) == fourth)
        await house.daemons.stop()
    }

    @Test("What the old program still registers for while it is being ended is not the new one's")
    func oldProgram() async throws {
        let house = try await House("")
        try house.folder.write(
            "old.sh",
            #"echo old >> told; cat > /dev/null; echo '["register","s"]'; echo end >> told"#
        )
        let options = "[daemon:d]\nstop_timeout = 10m\n"
        try await house.apply(options + "[os_daemons]\nd = sh old.sh\n[s]\na = 1")
        let told = house.lines("told")
        try await told.waitForLines(1)
        let new = options + "[os_daemons]\nd = \(daemon(#"["register","t"]"#))\n"
        try await house.apply(new + "[s]\na = 1")
        let second = try await house.pid("d", start: 2)
        try await eventually("the new one has registered") {
            try await house.status("d").registrations.last == "t"
        }
        #expect(try await house.status("d").registrations == ["t"])
        try await house.apply(new + "[s]\na = 2")
        #expect(try await house.pid("d", start: 2) == second)
        try await house.apply(new + "[s]\na = 2\n[t]\na = 1")
        try await house.pid("d", start: 3)
        await house.daemons.stop()
        #expect(told.lines == ["old", "end", "begin", "begin"])
    }

    @Test("What it has registered for survives a change of its options")
    func options() async throws {
        let house = try await House("")
        try house.folder.write(
            "once.sh",
            #"[ -e told ] || echo '["register","s"]'; echo begin >> told; exec cat > /dev/null"#
        )
        func text(_ timeout: String, _ value: Int) -> String {
            "[os_daemons]\nd = sh once.sh\n[daemon:d]\nstop_timeout = \(timeout)\n[s]\na = \(value)"
        }
        try await house.apply(text("10m", 1))
        try await eventually("it has registered") { try await house.status("d").registrations == ["s"] }
        try await house.apply(text("9m", 1))
        try await house.pid("d", start: 2)
        #expect(try await house.status("d").registrations == ["s"])
        try await house.apply(text("9m", 2))
        try await house.pid("d", start: 3)
        await house.daemons.stop()
    }

    @Test("A daemon that comes back under its name has registered for nothing")
    func putBack() async throws {
        let once = "[os_daemons]\nd = sh d.sh\n"
        let house = try await House("")
        try house.folder.write(
            "d.sh",
            #"[ -e once ] || echo '["register","s"]'; touch once; exec cat > /dev/null"#
        )
        try await house.apply(once + "[s]\na = 1")
        try await house.waitForRegistrations(of: "d", ["s"])
        try await house.apply("[s]\na = 1")
        try await house.apply(once + "[s]\na = 1")
        try await house.pid("d")
        try await house.apply(once + "[s]\na = 2")
        let status = try await house.status("d")
        #expect(status.registrations.isEmpty && status.process.state == .running && status.process.starts == 1)
        await house.daemons.stop()
    }
}
