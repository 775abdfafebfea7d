import Testing

@testable import Notices

@Suite("What waits for a notifier")
struct OutboxQueueTests {
    private static func line(_ text: String) -> [UInt8] { Array((text + "\n").utf8) }

    /// All that is in the queue, taken in portions.
    private static func drain(_ queue: inout OutboxQueue, portion: Int = 64) -> [String] {
        var bytes: [UInt8] = []
        while !queue.isEmpty {
            let some = take(portion, from: &queue)
            #expect(some.last == UInt8(ascii: "\n"), "a portion ends with a whole line")
            bytes += some
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func take(_ limit: Int, from queue: inout OutboxQueue) -> [UInt8] {
        var bytes: [UInt8] = []
        queue.take(upTo: limit, into: &bytes)
        return bytes
    }

    @Test(
        "A notifier that keeps up gets one line a row, in order, in whatever portions",
        arguments: [1, 7, 64, 4096, 1 << 20]
    )
    func oneLineARow(portion: Int) {
        var queue = OutboxQueue(capacity: 1 << 20, whenFull: .merge)
        queue.created("d", line: Self.line("c d"))
        queue.updated("d", line: Self.line("u d"), count: 3)
        queue.designDocumentUpdated("d", line: Self.line("x d"))
        queue.updated("e", line: Self.line("u e"), count: 1)
        queue.updated("d", line: Self.line("u d"), count: 1)
        queue.updated("d", line: Self.line("u d"), count: 1)
        queue.deleted("d", line: Self.line("D d"))
        #expect(
            Self.drain(&queue, portion: portion)
                == ["c d", "u d", "u d", "u d", "x d", "u e", "u d", "u d", "D d"]
        )
    }

    @Test(
        "Long runs are written out whole, whatever the length of the line",
        arguments: [1, 2, 27, 300, 4095, 4096, 5000]
    )
    func longRuns(length: Int) {
        var queue = OutboxQueue(capacity: 1 << 30, whenFull: .grow)
        let line = [UInt8](repeating: 0x78, count: length - 1) + [0x0A]
        queue.updated("d", line: line, count: 1000)
        var bytes: [UInt8] = []
        while !queue.isEmpty { bytes += Self.take(65_536, from: &queue) }
        #expect(bytes == Array(repeatElement(line, count: 1000).joined()))
    }

    @Test("What waits is counted in bytes of lines")
    func bytes() {
        var queue = OutboxQueue(capacity: 100, whenFull: .grow)
        queue.updated("d", line: Self.line("u d"), count: 10)
        #expect(queue.byteCount == 40)
        #expect(!queue.isFull)
        queue.updated("d", line: Self.line("u d"), count: 15)
        #expect(queue.isFull)
        _ = Self.take(40, from: &queue)
        #expect(queue.byteCount == 60)
    }

    @Test("Where nothing may be merged the queue grows past its capacity and loses nothing")
    func grows() {
        var queue = OutboxQueue(capacity: 8, whenFull: .grow)
        for number in 0..<100 { queue.updated("d", line: Self.line("u \(number)"), count: 1) }
        #expect(queue.isFull && !queue.isBehind)
        #expect(Self.drain(&queue) == (0..<100).map { "u \($0)" })
    }

    /// A queue that is full with one line, so that all that follows is merged.
    private static func behind() -> OutboxQueue {
        var queue = OutboxQueue(capacity: 4, whenFull: .merge)
        queue.updated("z", line: line("u z"), count: 1)
        return queue
    }

    @Test("Behind: one updated a database, one ddoc_updated a design document, by who came first")
    func merges() {
        var queue = Self.behind()
        for _ in 0..<1000 {
            queue.updated("b", line: Self.line("u b"), count: 5)
            queue.updated("a", line: Self.line("u a"), count: 1)
            queue.designDocumentUpdated("a", line: Self.line("x a 1"))
            queue.designDocumentUpdated("a", line: Self.line("x a 2"))
        }
        #expect(queue.isBehind)
        #expect(queue.byteCount == 4)
        #expect(Self.drain(&queue) == ["u z", "u b", "u a", "x a 1", "x a 2"])
        #expect(!queue.isBehind)
    }

    @Test("Behind: what was queued first is told first, and what comes after merging goes on line by line")
    func catchesUp() {
        var queue = Self.behind()
        queue.updated("z", line: Self.line("u z"), count: 7)
        #expect(Self.drain(&queue) == ["u z", "u z"])
        queue.updated("z", line: Self.line("u z"), count: 1)
        queue.updated("z", line: Self.line("u z"), count: 1)
        #expect(Self.drain(&queue) == ["u z", "u z"])
    }

    @Test("Behind: a life that ended takes its news with it; deleted and created again is told in this order")
    func livesWhileBehind() {
        var queue = Self.behind()
        queue.updated("a", line: Self.line("u a"), count: 1)
        queue.deleted("a", line: Self.line("D a"))
        queue.created("a", line: Self.line("c a"))
        queue.updated("a", line: Self.line("u a"), count: 2)
        #expect(Self.drain(&queue) == ["u z", "D a", "c a", "u a"])
    }

    @Test("Behind: however often a database comes and goes, at most one deleted and one created wait")
    func manyLivesWhileBehind() {
        var queue = Self.behind()
        for _ in 0..<100 {
            queue.deleted("a", line: Self.line("D a"))
            queue.created("a", line: Self.line("c a"))
        }
        #expect(Self.drain(&queue) == ["u z", "D a", "c a"])
    }

    @Test("Behind: a database that came and went leaves its pair of lines or none, never half")
    func cameAndWent() {
        var queue = Self.behind()
        queue.created("a", line: Self.line("c a"))
        queue.updated("a", line: Self.line("u a"), count: 3)
        queue.deleted("a", line: Self.line("D a"))
        #expect(!queue.isBehind)
        #expect(Self.drain(&queue) == ["u z"])
    }

    @Test("Behind: what cancels itself out in the midst of catching up takes nothing else with it")
    func cancelsWhileCatchingUp() {
        var queue = Self.behind()
        for name in ["a", "b", "c"] { queue.updated(name, line: Self.line("u \(name)"), count: 1) }
        #expect(Self.take(1, from: &queue) == Self.line("u z"))
        #expect(Self.take(1, from: &queue) == Self.line("u a"))
        queue.created("a", line: Self.line("c a"))
        queue.deleted("a", line: Self.line("D a"))
        #expect(Self.drain(&queue) == ["u b", "u c"])
        #expect(queue.isEmpty)
    }

    @Test("A long run is cut where the outbox is full: it holds no more than it is meant to, and one line")
    func longRun() {
        var queue = OutboxQueue(capacity: 100, whenFull: .merge)
        queue.updated("d", line: Self.line("u d"), count: 1_000_000)
        #expect(queue.byteCount == 100)
        #expect(Self.drain(&queue).count == 26)
    }

    @Test("Behind: memory is bounded by databases and design documents, however many rows come")
    func bounded() {
        var queue = Self.behind()
        for round in 0..<200 {
            for database in 0..<50 {
                queue.updated("\(database)", line: Self.line("u \(database)"), count: round)
                queue.designDocumentUpdated("\(database)", line: Self.line("x \(database)"))
            }
        }
        #expect(Self.drain(&queue).count == 1 + 50 + 50)
    }

    /// Random events, as the hub would give them, against random reading; what is read must tell the truth.
    @Test("However events and reading interleave, lives are told in turn and the last word is true", arguments: 0..<50)
    func randomTruth(seed: UInt64) {
        var random = SplitMix(state: seed)
        var queue = OutboxQueue(capacity: seed % 2 == 0 ? 200 : 20, whenFull: .merge)
        var lives: [String: Bool] = [:]
        var isDirty: [String: Bool] = [:]
        var read: [String] = []
        for _ in 0..<2000 {
            let name = "d\(Int.random(in: 0..<(seed % 3 == 0 ? 5 : 60), using: &random))x"
            switch Int.random(in: 0..<10, using: &random) {
            case 0 where lives[name] != true:
                lives[name] = true
                queue.created(name, line: Self.line("c \(name)"))
            case 1 where lives[name] == true:
                lives[name] = false
                isDirty[name] = false
                queue.deleted(name, line: Self.line("D \(name)"))
            case 2...8 where lives[name] == true:
                isDirty[name] = true
                queue.updated(name, line: Self.line("u \(name)"), count: Int.random(in: 1...30, using: &random))
            case 9:
                read += String(decoding: Self.take(seed % 2 == 0 ? 100 : 10, from: &queue), as: UTF8.self).split(
                    separator: "\n"
                ).map(String.init)
            default: break
            }
        }
        read += Self.drain(&queue)
        for name in lives.keys {
            let told = read.filter { $0.hasSuffix(name) }.map { $0.first }
            var exists = false
            for (index, type) in told.enumerated() {
                switch type {
                case "c": #expect(!exists, "created twice: \(told[...index])")
                case "D": #expect(exists, "deleted without created: \(told[...index])")
                default: #expect(exists, "updated outside of a life: \(told[...index])")
                }
                exists = type == "c" || (type == "u" && exists)
            }
            #expect(exists == (lives[name] == true))
            if isDirty[name] == true { #expect(told.last == "u") }
        }
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
