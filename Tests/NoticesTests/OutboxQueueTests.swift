import Testing

@testable import CouchFeed
@testable import Notices

extension OutboxQueue {
    /// For tests in which time plays no part.
    static let anytime = ContinuousClock.now

    mutating func created(_ database: String, line: [UInt8], mark: Mark? = nil) {
        created(database, line: line, mark: mark, at: Self.anytime)
    }

    mutating func deleted(_ database: String, line: [UInt8], mark: Mark? = nil) {
        deleted(database, line: line, mark: mark, at: Self.anytime)
    }

    mutating func updated(_ database: String, line: [UInt8], count: Int = 1, mark: Mark? = nil) {
        updated(database, line: line, count: count, mark: mark, at: Self.anytime)
    }

    mutating func designDocumentUpdated(_ database: String, line: [UInt8], mark: Mark? = nil) {
        designDocumentUpdated(database, line: line, mark: mark, at: Self.anytime)
    }

    /// Hands lines and has them delivered; what is to be noted for that.
    mutating func take(upTo limit: Int, into bytes: inout [UInt8]) -> [Receipt] {
        let lines = hand(upTo: limit, into: &bytes, at: Self.anytime)
        return deliver(lines)
    }
}

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
        _ = queue.take(upTo: limit, into: &bytes)
        return bytes
    }

    @Test(
        "A notifier that keeps up gets one line a row, in order, in whatever portions",
        arguments: [1, 7, 64, 4096, 1 << 20]
    )
    func oneLineARow(portion: Int) {
        var queue = OutboxQueue(capacity: 1 << 20, policy: .mergeWhenFull)
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
        var queue = OutboxQueue(capacity: 1 << 30, policy: .keepAll)
        let line = [UInt8](repeating: 0x78, count: length - 1) + [0x0A]
        queue.updated("d", line: line, count: 1000)
        var bytes: [UInt8] = []
        while !queue.isEmpty { bytes += Self.take(65_536, from: &queue) }
        #expect(bytes == Array(repeatElement(line, count: 1000).joined()))
    }

    @Test("What waits is counted in bytes of lines, and a little for each run of equal ones")
    func bytes() {
        var queue = OutboxQueue(capacity: 100 + Parcel.overhead, policy: .keepAll)
        queue.updated("d", line: Self.line("u d"), count: 10)
        #expect(queue.byteCount == 40 + Parcel.overhead)
        #expect(!queue.isFull)
        queue.updated("d", line: Self.line("u d"), count: 15)
        #expect(queue.isFull)
        _ = Self.take(40, from: &queue)
        #expect(queue.byteCount == 60 + Parcel.overhead)
        _ = Self.take(100, from: &queue)
        #expect(queue.byteCount == 0)
    }

    @Test("Databases that take turns fill the outbox by what they take in memory, not by their lines alone")
    func overhead() {
        var queue = OutboxQueue(capacity: 100_000, policy: .keepAll)
        var count = 0
        while !queue.isFull {
            queue.updated("a", line: Self.line("u a"))
            queue.updated("b", line: Self.line("u b"))
            count += 2
        }
        #expect(count < 100_000 / Parcel.overhead)
    }

    @Test("Where nothing may be merged the queue grows past its capacity and loses nothing")
    func grows() {
        var queue = OutboxQueue(capacity: 8, policy: .keepAll)
        for number in 0..<100 { queue.updated("d", line: Self.line("u \(number)"), count: 1) }
        #expect(queue.isFull && !queue.isBehind)
        #expect(Self.drain(&queue) == (0..<100).map { "u \($0)" })
    }

    /// A queue that is full with one line, so that all that follows is merged.
    private static func behind() -> OutboxQueue {
        var queue = OutboxQueue(capacity: 4, policy: .mergeWhenFull)
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
        #expect(queue.byteCount == 4 + Parcel.overhead)
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
        #expect(queue.mergedCount == 5)
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
        var queue = OutboxQueue(capacity: 100, policy: .mergeWhenFull)
        queue.updated("d", line: Self.line("u d"), count: 1_000_000)
        #expect(queue.byteCount == 100 + Parcel.overhead)
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

    @Test("A mark comes out once its last line is delivered, in order, and none comes out early")
    func marks() {
        var queue = OutboxQueue(capacity: 1 << 20, policy: .keepAll)
        queue.updated("d", line: Self.line("u d"), count: 3, mark: Mark("d", "3"))
        queue.created("e", line: Self.line("c e"), mark: Mark("e", "0"))
        queue.reached(Mark("f", "7"))
        queue.updated("d", line: Self.line("u d"), count: 2, mark: Mark("d", "5"))
        var bytes: [UInt8] = []
        let handed = queue.hand(upTo: 1000, into: &bytes, at: .now)
        #expect(handed == 6)
        let receipts = [2, 1, 1, 1, 1].map { queue.deliver($0) }
        #expect(
            receipts == [
                [], [.mark(Mark("d", "3"))], [.mark(Mark("e", "0"))], [],
                [.mark(Mark("f", "7")), .mark(Mark("d", "5"))],
            ]
        )
        #expect(queue.isEmpty)
    }

    @Test("What was handed and not delivered is handed again, from the first such line")
    func stepsBack() {
        var queue = OutboxQueue(capacity: 1 << 20, policy: .keepAll)
        for number in 0..<10 { queue.updated("d", line: Self.line("u \(number)"), count: 1) }
        var bytes: [UInt8] = []
        var handed = queue.hand(upTo: 1000, most: 7, into: &bytes, at: .now)
        #expect(handed == 7)
        _ = queue.deliver(4)
        #expect(queue.firstLine == Array("u 4".utf8))
        queue.stepBack()
        handed = queue.hand(upTo: 1000, most: 100, into: &bytes, at: .now)
        #expect(handed == 6)
        #expect(String(decoding: bytes, as: UTF8.self) == (4..<10).map { "u \($0)\n" }.joined())
        #expect(queue.isAllHanded && !queue.isEmpty)
    }

    @Test("A run of equal lines that goes on and on is cut now and then, so that its marks come")
    func longRunsHaveMarks() {
        var queue = OutboxQueue(capacity: 1 << 30, policy: .keepAll)
        for number in 1...100 { queue.updated("d", line: Self.line("u d"), count: 1000, mark: Mark("d", "\(number)")) }
        var bytes: [UInt8] = []
        _ = queue.hand(upTo: 5000 * 4, into: &bytes, at: .now)
        let receipts = queue.deliver(5000)
        #expect(!receipts.isEmpty)
    }

    @Test("Lines that were delivered are let go of at once, however many come behind them")
    func letsGo() {
        var queue = OutboxQueue(capacity: 1 << 20, policy: .keepAll)
        func block() -> LineBlock {
            LineBlock(
                database: "d",
                instance: Instance(startTime: nil),
                bytes: Self.line("u d"),
                ends: [4],
                seqBytes: [],
                seqs: [0..<0]
            )
        }
        var first: LineBlock? = block()
        weak let weakFirst = first
        if let first { queue.append(first, mark: nil, at: .now) }
        first = nil
        for _ in 0..<100 { queue.append(block(), mark: nil, at: .now) }
        var bytes: [UInt8] = []
        _ = queue.hand(upTo: 8, into: &bytes, at: .now)
        #expect(weakFirst != nil)
        _ = queue.deliver(1)
        #expect(weakFirst == nil)
    }

    @Test("Behind: what is merged has the newest mark, and what began and ended leaves its own")
    func marksWhileBehind() {
        var queue = Self.behind()
        queue.updated("a", line: Self.line("u a"), count: 1, mark: Mark("a", "1"))
        queue.created("b", line: Self.line("c b"), mark: Mark("b", "0"))
        queue.updated("a", line: Self.line("u a"), count: 1, mark: Mark("a", "2"))
        queue.reached(Mark("a", "3"))
        queue.deleted("b", line: Self.line("D b"), mark: Mark(database: "b", cursor: .untold))
        var bytes: [UInt8] = []
        let first = queue.take(upTo: 4, into: &bytes)
        #expect(first == [.mark(Mark(database: "b", cursor: .untold))])
        let second = queue.take(upTo: 4, into: &bytes)
        #expect(second == [.mark(Mark("a", "3"))])
        #expect(String(decoding: bytes, as: UTF8.self) == "u a\n")
        #expect(queue.isEmpty)
    }

    @Test("Held back: notices of a database are one after the delay, or at so many changes")
    func debounce() {
        let start = ContinuousClock.now
        let debounce = Debounce(delay: .milliseconds(500), changes: 10)
        var queue = OutboxQueue(capacity: 1 << 20, policy: .debounce(debounce))
        var bytes: [UInt8] = []
        func hand(after milliseconds: Int) -> String {
            _ = queue.deliver(queue.hand(upTo: 1000, into: &bytes, at: start + .milliseconds(milliseconds)))
            return String(decoding: bytes, as: UTF8.self)
        }
        queue.updated("a", line: Self.line("u a"), count: 3, mark: nil, at: start)
        queue.updated("b", line: Self.line("u b"), count: 9, mark: nil, at: start + .milliseconds(100))
        #expect(hand(after: 499) == "")
        var due = queue.nextDue()
        #expect(due == start + .milliseconds(500))
        #expect(hand(after: 500) == "u a\n")
        queue.updated("b", line: Self.line("u b"), count: 1, mark: nil, at: start + .milliseconds(510))
        #expect(hand(after: 510) == "u b\n")
        // The old turn of b must not hold up a, nor hurry b.
        queue.updated("b", line: Self.line("u b"), count: 1, mark: nil, at: start + .milliseconds(520))
        #expect(hand(after: 700) == "")
        due = queue.nextDue()
        #expect(due == start + .milliseconds(1020))
        queue.release()
        #expect(hand(after: 701) == "u b\n")
        #expect(queue.isEmpty)
    }

    /// Random events, as the hub would give them, against random reading; what is read must tell the truth.
    @Test("However events and reading interleave, lives are told in turn and the last word is true", arguments: 0..<50)
    func randomTruth(seed: UInt64) {
        var random = SplitMix(state: seed)
        var queue = OutboxQueue(capacity: seed % 2 == 0 ? 2000 : 20, policy: .mergeWhenFull)
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
