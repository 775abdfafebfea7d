import TestSupport
import Testing

@testable import CouchFeed
@testable import Notices

@Suite("What waits for a notifier when its settings change")
struct OutboxQueueChangeTests {
    private static let now = OutboxQueue.anytime
    private static let policies: [OutboxQueue.Policy] = [
        .mergeWhenFull, .keepAll, .debounce(Debounce(delay: .milliseconds(50), changes: nil)),
        .debounce(Debounce(delay: .seconds(1), changes: 3)),
    ]

    private static func line(_ text: String) -> [UInt8] { Array((text + "\n").utf8) }

    private static func text(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("What is held back comes at once, in its order, before what comes after; and marks wait for their lines")
    func release() {
        var queue = OutboxQueue(capacity: 1 << 20, policy: Self.policies[3])
        queue.updated("d", line: Self.line("u d"), mark: Mark("d", "1"))
        queue.created("e", line: Self.line("c e"), mark: Mark("e", "1"))
        queue.reached(Mark("d", "2"))
        queue.reached(Mark("f", "7"))
        var bytes: [UInt8] = []
        #expect(queue.hand(upTo: 1000, into: &bytes, at: Self.now) == 0)
        queue.change(capacity: 1 << 20, policy: .keepAll, at: Self.now)
        #expect(!queue.isBehind && queue.nextDue() == nil)
        queue.updated("d", line: Self.line("u d"), mark: Mark("d", "3"))
        queue.reached(Mark("f", "8"))
        #expect(queue.takeTrailing().isEmpty)
        #expect(queue.hand(upTo: 1000, into: &bytes, at: Self.now) == 3)
        #expect(Self.text(bytes) == ["u d", "c e", "u d"])
        #expect(queue.deliver(2) == [.mark(Mark("f", "7")), .mark(Mark("d", "2")), .mark(Mark("e", "1"))])
        #expect(queue.deliver(1) == [.mark(Mark("d", "3")), .mark(Mark("f", "8"))])
        #expect(queue.isEmpty && queue.mergedCount == 0)
    }

    @Test("What is handed and not delivered stays where it is, and is handed again if it has to be")
    func handed() {
        var queue = OutboxQueue(capacity: 10, policy: .mergeWhenFull)
        queue.updated("d", line: Self.line("first"), count: 3, mark: Mark("d", "1"))
        queue.updated("d", line: Self.line("merged"), count: 5, mark: Mark("d", "2"))
        var bytes: [UInt8] = []
        let lines = queue.hand(upTo: 1, into: &bytes, at: Self.now)
        queue.change(capacity: 1 << 20, policy: .keepAll, at: Self.now)
        queue.stepBack()
        var all: [UInt8] = []
        let count = queue.hand(upTo: 1000, into: &all, at: Self.now)
        #expect(lines == 1 && Self.text(all) == Array(repeating: "first", count: count - 1) + ["merged"])
        #expect(queue.deliver(count).last == .mark(Mark("d", "2")))
        #expect(queue.deliveredCount + queue.mergedCount == 8)
    }

    @Test("A smaller outbox is full at once, a larger one is not, and what is in it stays")
    func capacity() {
        var queue = OutboxQueue(capacity: 1000, policy: .keepAll)
        queue.updated("d", line: Self.line("u d"), count: 50)
        #expect(!queue.isFull)
        queue.change(capacity: 100, policy: .keepAll, at: Self.now)
        #expect(queue.isFull)
        queue.change(capacity: 1000, policy: .mergeWhenFull, at: Self.now)
        #expect(!queue.isFull && !queue.isBehind)
        var bytes: [UInt8] = []
        #expect(queue.hand(upTo: 1000, into: &bytes, at: Self.now) == 50)
    }

    /// Makes up what happens to some databases, and judges what is read. Each line but a design document's has the number
    /// of its notice, which is its mark too.
    private struct Reader {
        var queue = OutboxQueue(capacity: 500, policy: .mergeWhenFull)
        var random: SeededGenerator
        var now = OutboxQueueChangeTests.now
        private var number = 0
        private var given: UInt64 = 0
        private var lives: [String: Bool] = [:]
        private var latest: [String: Int] = [:]
        private var handed: [String] = []
        private var read: [String: [(kind: Character, number: Int)]] = [:]
        private var marked: [String: Int] = [:]
        private(set) var faults: [String] = []

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
        }

        mutating func act() {
            now += .milliseconds(Int.random(in: 0...20, using: &random))
            let name = "d\(Int.random(in: 0..<6, using: &random))"
            switch Int.random(in: 0..<100, using: &random) {
            case ..<60: notice(name)
            case ..<65:
                number += 1
                latest[name] = number
                queue.reached(Mark(name, "\(number)"))
                note(queue.takeTrailing())
            case ..<80: take(some: true)
            case ..<85:
                queue.stepBack()
                handed = []
            case ..<95: take(some: false)
            default:
                let policy = OutboxQueueChangeTests.policies.randomElement(using: &random) ?? .keepAll
                queue.change(capacity: Int.random(in: 100...5000, using: &random), policy: policy, at: now)
            }
        }

        private mutating func notice(_ name: String) {
            number += 1
            let mark = Mark(name, "\(number)")
            let lot = Int.random(in: 0..<10, using: &random)
            latest[name] = number
            guard lives[name] == true else {
                lives[name] = true
                given += 1
                return queue.created(name, line: line("c \(name) \(number)"), mark: mark, at: now)
            }
            switch lot {
            case 0:
                lives[name] = false
                given += 1
                queue.deleted(name, line: line("D \(name) \(number)"), mark: mark, at: now)
            case 1:
                given += 1
                queue.designDocumentUpdated(name, line: line("x \(name) 0"), mark: mark, at: now)
            default:
                let count = Int.random(in: 1...5, using: &random)
                given += UInt64(count)
                queue.updated(name, line: line("u \(name) \(number)"), count: count, mark: mark, at: now)
            }
            note(queue.takeTrailing())
        }

        private func line(_ text: String) -> [UInt8] { OutboxQueueChangeTests.line(text) }

        private mutating func take(some: Bool) {
            var bytes: [UInt8] = []
            let count = queue.hand(upTo: Int.random(in: 1...400, using: &random), into: &bytes, at: now)
            let lines = OutboxQueueChangeTests.text(bytes)
            if lines.count != count { faults.append("\(count) lines are said to be \(lines)") }
            handed += lines
            deliver(some ? Int.random(in: 0...handed.count, using: &random) : handed.count)
        }

        private mutating func deliver(_ count: Int) {
            for line in handed.prefix(count) { read(line) }
            handed.removeFirst(count)
            note(queue.deliver(count))
        }

        private mutating func read(_ line: String) {
            let words = line.split(separator: " ")
            guard words.count == 3, let kind = words[0].first, let number = Int(words[2]) else {
                return faults.append("no line: \(line)")
            }
            let name = String(words[1])
            if kind != "x", let last = read[name]?.last(where: { $0.kind != "x" }), last.number > number {
                faults.append("\(line) after \(last.number)")
            }
            if kind != "x", let mark = marked[name], number <= mark { faults.append("\(line), but its mark has come") }
            let told = read[name]?.last { $0.kind == "c" || $0.kind == "D" }?.kind
            switch kind {
            case "c": if told == "c" { faults.append("\(line): created twice") }
            default: if told != "c" { faults.append("\(line): of what is not there") }
            }
            read[name, default: []].append((kind, number))
        }

        private mutating func note(_ receipts: [Receipt]) {
            for case .mark(let mark) in receipts {
                let number = mark.cursor.seq.integer.map { Int($0) } ?? 0
                if let before = marked[mark.database], before > number { faults.append("a mark steps back") }
                marked[mark.database] = number
            }
        }

        /// Reads to the end.
        mutating func finish() {
            now += .seconds(10)
            while !queue.isEmpty {
                let before = queue.deliveredCount
                take(some: false)
                if queue.deliveredCount == before { return faults.append("it does not come to an end") }
            }
            note(queue.takeTrailing())
            if marked != latest { faults.append("marked \(marked), not \(latest)") }
            for (name, isAlive) in lives {
                let told = read[name]?.last { $0.kind == "c" || $0.kind == "D" }?.kind
                if told.map({ $0 == "c" }) ?? false != isAlive { faults.append("\(name) is said to be \(told ?? "-")") }
            }
            if queue.deliveredCount + queue.mergedCount != given {
                faults.append("\(queue.deliveredCount) delivered, \(queue.mergedCount) merged of \(given)")
            }
        }
    }

    @Test(
        "However often the settings change, nothing is lost, order is kept, lives and marks are true",
        arguments: 1...40
    )
    func anything(seed: UInt64) {
        var reader = Reader(seed: seed)
        for _ in 0..<3000 { reader.act() }
        reader.finish()
        #expect(reader.faults.isEmpty, "\(reader.faults.prefix(5))")
    }
}
