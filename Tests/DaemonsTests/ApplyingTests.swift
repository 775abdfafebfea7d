import Daemons
import Status
import TestSupport
import Testing

@Suite("Daemons follow the configuration")
struct ApplyingTests {
    private static let cat = "cat > /dev/null"

    /// It does not end before there is a file `leave`.
    private static let reluctant = """
        echo begin >> told; cat > /dev/null; until [ -e leave ]; do sleep 0.01; done; echo end >> told
        """
    private static let reluctantConfiguration = """
        [os_daemons]
        r = sh r.sh
        [daemon:r]
        stop_timeout = 10m

        """

    @Test("One that is added is started, one that is removed is stopped and forgotten, all others keep their process")
    func addedAndRemoved() async throws {
        let house = try await House("[os_daemons]\na = \(Self.cat)\nb = \(Self.cat)")
        let (a, b) = (try await house.pid("a"), try await house.pid("b"))
        try await house.apply("[os_daemons]\nc = \(Self.cat)\nb = \(Self.cat)")
        #expect(await house.daemons.status.keys.sorted() == ["b", "c"])
        try await house.pid("c")
        try await eventually("a has ended") { !exists(a) }
        #expect(try await house.pid("b") == b)
        await house.daemons.stop()
        #expect(!exists(b))
    }

    @Test("One whose command changes is replaced, and so is one whose options change; all others keep their process")
    func changed() async throws {
        let house = try await House("[os_daemons]\na = \(Self.cat)\nb = \(Self.cat)\nc = \(Self.cat)")
        let c = try await house.pid("c")
        for name in ["a", "b"] { try await house.pid(name) }
        try await house.apply(
            """
            [os_daemons]
            a = sh -c 'echo new > told; exec cat'
            b = \(Self.cat)
            c = \(Self.cat)
            [daemon:b]
            environment = X=y
            """
        )
        for name in ["a", "b"] { try await house.pid(name, start: 2) }
        try await house.lines("told").waitForLines(1)
        #expect(try await house.pid("c") == c)
        #expect(try await house.status("a").failures == 0)
        await house.daemons.stop()
    }

    @Test("A configuration that says the same in other words changes nothing")
    func same() async throws {
        let house = try await House("[os_daemons]\na = \(Self.cat)\nb = \(Self.cat)\n[daemon:a]\nstop_timeout = 1s")
        let (a, b) = (try await house.pid("a"), try await house.pid("b"))
        try await house.apply(
            "; moved\n[daemon:a]\nstop_timeout = 1000ms\n[os_daemons]\n\nb=\(Self.cat) ; so\na = \(Self.cat)"
        )
        #expect(try await house.pid("a") == a)
        #expect(try await house.pid("b") == b)
        await house.daemons.stop()
    }

    @Test("One that is put back waits until the one before it is gone")
    func putBack() async throws {
        let house = try await House("")
        try house.folder.write("r.sh", Self.reluctant)
        try await house.apply(Self.reluctantConfiguration)
        let told = house.lines("told")
        try await told.waitForLines(1)
        try await house.apply("")
        try await house.apply("[os_daemons]\nother = \(Self.cat)\n" + Self.reluctantConfiguration)
        try await house.pid("other")
        #expect(try await house.status("r").process.starts == 0)
        #expect(told.lines == ["begin"])
        try house.folder.write("leave", "")
        #expect(try await told.waitForLines(3) == ["begin", "end", "begin"])
        await house.daemons.stop()
        #expect(told.lines == ["begin", "end", "begin", "end"])
    }

    @Test("However often it is removed and put back while the first one is still there, there is one of it at a time")
    func putBackTwice() async throws {
        let house = try await House("")
        try house.folder.write("r.sh", Self.reluctant)
        try await house.apply(Self.reluctantConfiguration)
        let told = house.lines("told")
        try await told.waitForLines(1)
        for _ in 0..<3 {
            try await house.apply("")
            try await house.apply(Self.reluctantConfiguration)
        }
        // It is started last: whatever starts at once has done so before.
        try await house.apply("[os_daemons]\nother = \(Self.cat)\n" + Self.reluctantConfiguration)
        try await house.pid("other")
        #expect(try await house.status("r").process.starts == 0)
        #expect(told.lines == ["begin"])
        try house.folder.write("leave", "")
        #expect(try await told.waitForLines(3) == ["begin", "end", "begin"])
        await house.daemons.stop()
        #expect(told.lines == ["begin", "end", "begin", "end"])
    }

    @Test("stop returns when all are gone, those too that were removed before; nothing is started any more")
    func stop() async throws {
        let house = try await House("")
        try house.folder.write("r.sh", Self.reluctant)
        try await house.apply("[os_daemons]\na = \(Self.cat)\n" + Self.reluctantConfiguration)
        let (a, r) = (try await house.pid("a"), try await house.pid("r"))
        try await house.lines("told").waitForLines(1)
        try await house.apply("[os_daemons]\na = \(Self.cat)")
        // Put back and removed again, it hides the one that still ends from nobody.
        try await house.apply("[os_daemons]\na = \(Self.cat)\n" + Self.reluctantConfiguration)
        try await house.apply("[os_daemons]\na = \(Self.cat)")
        async let stopping: Void = house.daemons.stop()
        try await eventually("a is being stopped") { !exists(a) }
        #expect(exists(r))
        try house.folder.write("leave", "")
        await stopping
        #expect(!exists(r))
        try await house.apply("[os_daemons]\na = \(Self.cat)")
        #expect(await house.daemons.status.isEmpty)
    }
}
