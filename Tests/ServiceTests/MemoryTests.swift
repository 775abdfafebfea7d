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
        try stage.state.createDatabase("d")
        try await stage.waitForSize(of: "reader", [Notice.created("d")])
        let before = try Resources(of: play.herald.pid)
        let start = ContinuousClock.now
        let (rounds, rows) = (20, 5000)
        let line = Notice.updated("d").utf8.count + 1
        let head = Notice.created("d").utf8.count + 1
        for round in 0..<rounds {
            _ = try stage.state.bulk((0..<rows).map { (id: "\(round * rows + $0)", body: "{}") }, in: "d")
            // Each row by itself, so that none is overtaken before it is read.
            try await eventually("row \(round * rows)", deadline: .patience) {
                stage.size(of: "reader") >= head + (round + 1) * rows * line
            }
        }
        let after = try Resources(of: play.herald.pid)
        #expect(stage.size(of: "reader") == head + rounds * rows * line)
        // 4 MB each for the 16 that want every line, and as much again for what the allocator keeps of it.
        #expect(after.peakMemory - before.peakMemory < 150_000, "kB")
        print(
            "FIGURES memory",
            before.peakMemory,
            after.peakMemory,
            ContinuousClock.now - start,
            after.cpu - before.cpu
        )
        #expect(after.descriptors <= before.descriptors + 8)
        #expect(after.threads <= before.threads + 4)
        play.herald.terminate()
        #expect(try await play.herald.waitForExit(deadline: .patience) == .status(0))
        await play.server.stop()
    }
}
