import Glibc
import TestSupport
import Testing

@Suite("Daemons that behave badly")
struct DaemonHardshipTests {
    @Test("100 MB without a line end cost no memory, one complaint, and neither the daemon nor its questions")
    func endlessLine() async throws {
        let stage = try DaemonStage()
        let command = try stage.script(
            "endless",
            #"""
            until [ -e begin ]; do sleep 0.01; done
            head -c 104857600 /dev/zero | tr '\0' '['
            echo; echo '["get","s","k"]'
            exec cat >> answers.endless
            """#
        )
        let herald = try stage.herald("[os_daemons]\nendless = \(command)\n[s]\nk = v")
        try await herald.daemon("endless")
        let before = try Resources(of: herald.pid).peakMemory
        try stage.folder.write("begin", "")
        #expect(try await stage.answers("endless", count: 1) == [#""v""#])
        let after = try Resources(of: herald.pid).peakMemory
        #expect(after - before < 30_000, "kB")
        try await herald.end()
        #expect(herald.log("daemon=endless").count == 1)
        #expect(herald.log("longer than 1048576 bytes daemon=endless").count == 1)
        #expect(herald.lives(of: "endless") == 1)
    }

    @Test("One that closes its stdout lives on")
    func closedOutput() async throws {
        let stage = try DaemonStage()
        let command = try stage.script(
            "silent",
            #"""
            echo '["log","before"]'
            exec >&-
            echo closed > closed
            until [ -e speak ]; do sleep 0.01; done
            echo 'still here' >&2
            cat > /dev/null
            echo end > end
            """#
        )
        let herald = try stage.herald("[os_daemons]\nsilent = \(command)\nother = cat")
        let pid = try await herald.daemon("silent")
        try await stage.lines("closed").waitForLines(1)
        // By this one sees that it outlives a change that is none of its business.
        try await stage.change(herald, "[os_daemons]\nsilent = \(command)\nnew = cat")
        try await herald.daemon("new")
        try stage.folder.write("speak", "")
        try await herald.waitForLine(containing: "daemon silent: still here")
        #expect(RunningProcess(pid) != nil)
        try await herald.end()
        #expect(stage.lines("end").lines == ["end"])
        #expect(herald.lives(of: "silent") == 1)
        #expect(herald.log("before daemon=silent").count == 1)
    }

    @Test("One that asks and does not read is stopped as failed when 1 MB waits for it, and delays no other")
    func deaf() async throws {
        let stage = try DaemonStage()
        let deaf = try stage.script(
            "deaf",
            #"""
            echo life >> lives
            [ "$(wc -l < lives)" -gt 1 ] && exec cat > /dev/null
            trap '' TERM
            until [ -e leave ]; do echo '["get","big"]'; done
            """#
        )
        let other = try stage.script(
            "other",
            #"""
            for i in 1 2 3; do
                until [ -e "ask.$i" ]; do sleep 0.01; done
                echo "[\"get\",\"s\",\"$i\"]"
                IFS= read -r answer && printf '%s\n' "$answer" >> answers.other
            done
            exec cat > /dev/null
            """#
        )
        let keys = (0..<100).map { "key\($0) = \(String(repeating: "x", count: 100))" }.joined(separator: "\n")
        let herald = try stage.herald(
            """
            [os_daemons]
            deaf = \(deaf)
            other = \(other)
            [daemon:deaf]
            stop_timeout = 1h
            [s]
            1 = one
            2 = two
            3 = three
            [big]
            \(keys)
            """
        )
        func answer(_ number: Int) async throws -> String? {
            try stage.folder.write("ask.\(number)", "")
            // Held up by the deaf one it would take an hour, for which nobody waits here.
            return try await stage.answers("other", count: number).last
        }
        #expect(try await answer(1) == #""one""#)
        let complaint = try await herald.waitForLine(containing: "it has asked and does not read")
        #expect(complaint.contains("Z warning: daemon deaf: "))
        #expect(complaint.contains("1 MB of answers wait for it; it is stopped and started again"))
        // It still asks.
        #expect(try await answer(2) == #""two""#)
        let memory = try Resources(of: herald.pid).peakMemory
        try stage.folder.write("leave", "")
        try await herald.daemon("deaf", life: 2)
        #expect(herald.log("daemon deaf exited with status 0 after").count == 1)
        #expect(herald.log("starting it again at once").count == 1)
        #expect(try await answer(3) == #""three""#)
        #expect(memory < 150_000, "kB")
        try await herald.end()
        #expect(herald.lives(of: "other") == 1)
        #expect(herald.log("it has asked and does not read").count == 1)
    }

    @Test("One that never reads and asks again in each life is halted")
    func deafForEver() async throws {
        let stage = try DaemonStage()
        let value = String(repeating: "x", count: 10_000)
        let command = try stage.script("deaf", #"while :; do echo '["get","s"]'; done"#)
        let herald = try stage.herald(
            """
            [os_daemons]
            deaf = \(command)
            [os_daemon_settings]
            retry_time = 1h
            [daemon:deaf]
            stop_timeout = 10ms
            [s]
            k = \(value)
            """
        )
        try await herald.waitForLine(containing: "'herald start deaf'")
        try await herald.end()
        #expect(herald.lives(of: "deaf") == 3)
        #expect(herald.log("it has asked and does not read").count == 3)
    }

    @Test("One that closes its stdin is left alone until it asks: then it is stopped as failed, and started again")
    func closedInput() async throws {
        let stage = try DaemonStage()
        let command = try stage.script(
            "deaf",
            #"""
            echo life >> lives
            [ "$(wc -l < lives)" -gt 1 ] && exec cat > /dev/null
            exec <&-
            echo '["log","I do not read"]'
            sleep 1
            echo '["log","I live on"]'
            until [ -e ask ]; do sleep 0.05; done
            echo '["get","s","k"]'
            until [ -e leave ]; do sleep 0.05; done
            """#
        )
        let herald = try stage.herald("[os_daemons]\ndeaf = \(command)\n[daemon:deaf]\nstop_timeout = 100ms")
        try await herald.waitForLine(containing: "I do not read")
        // Whoever stopped it for its stdin alone would have done so 300 ms later, with TERM.
        try await herald.waitForLine(containing: "I live on")
        #expect(herald.log("has closed its stdin").isEmpty)
        #expect(herald.lives(of: "deaf") == 1)
        try stage.folder.write("ask", "")
        let complaint = try await herald.waitForLine(containing: "daemon deaf has closed its stdin but lives on")
        #expect(complaint.contains("Z warning: "))
        try await herald.daemon("deaf", life: 2)
        let end = herald.log("starting it again at once")
        #expect(end.count == 1 && end.allSatisfy { $0.contains("daemon deaf was killed by SIGTERM (15) after") })
        try await herald.end()
        #expect(herald.lives(of: "deaf") == 2)
        #expect(herald.log("has closed its stdin").count == 1)
    }
}
