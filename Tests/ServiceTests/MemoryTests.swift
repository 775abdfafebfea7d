import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("Memory")
struct MemoryTests {
    /// Twenty that never read, of all kinds, and one that does.
    static let names = (0..<20).map { "deaf\($0)" }

    private static let sworn = "confirm = yes\nconfirm_timeout = 1h"
    private static let kinds = ["", "merge = never", "detail = change", sworn, "detail = change\n\(sworn)"]

    static let options = names.enumerated().map { index, name in
        "[notifier:\(name)]\nstop_timeout = 10ms\n\(kinds[index % kinds.count])\n"
    }.joined()

    @Test("Twenty notifiers that never read cost bounded memory, and another gets a line for each row without delay")
    func neverRead() async throws {
        let stage = try Stage()
        let play = try await stage.play(
            Self.names.map { ($0, "sleep 1000") } + [("reader", stage.append("reader"))],
            options: Self.options + "[notifier:reader]\nmerge = never"
        )
        // A long name makes long lines, so that those who want each of them are full soon.
        let name = String(repeating: "d", count: 200)
        try stage.state.createDatabase(name)
        try await stage.waitForSize(of: "reader", [Notice.created(name)])
        let before = try Resources(of: play.herald.pid)
        let rows = 5000
        let rounds = (getenv("HERALD_TEST_ROWS").flatMap { Int(String(cString: $0)) } ?? 100_000) / rows
        let (head, line) = (Notice.created(name).utf8.count + 1, Notice.updated(name).utf8.count + 1)
        for round in 0..<rounds {
            // None is overtaken before it is read: each has a line of its own.
            _ = try stage.state.bulk((0..<rows).map { (id: "\(round * rows + $0)", body: "{}") }, in: name)
            try await eventually("\((round + 1) * rows) lines") {
                stage.size(of: "reader") >= head + (round + 1) * rows * line
            }
        }
        let after = try Resources(of: play.herald.pid)
        #expect(stage.size(of: "reader") == head + rounds * rows * line)
        print("\(rounds * rows) rows, twenty notifiers that read nothing: \(after.peakMemory) kB at the most")
        #expect(after.peakMemory < 150_000, "kB; it was \(before.peakMemory) at the beginning")
        #expect(after.descriptors <= before.descriptors + 8)
        #expect(after.threads <= before.threads + 4)
        play.herald.terminate()
        #expect(try await play.herald.waitForExit() == .status(0))
        await play.server.stop()
    }
}
