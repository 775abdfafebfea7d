import Store
import TestSupport
import Testing

@testable import CouchFeed

@Suite("Cursors as they are saved")
struct PositionBookTests {
    private static func at(_ text: String, _ instance: Instance? = Instance(startTime: "100")) -> Ledger.Standing {
        .at(Cursor(instance: instance, seq: Seq(json: text.utf8)))
    }

    private static func stored(_ seq: String?, _ followers: [Int64], startTime: String? = "100") -> StoredPosition {
        StoredPosition(
            database: "d",
            startTime: startTime,
            generation: 0,
            seq: seq.map { Array($0.utf8) },
            followers: followers
        )
    }

    @Test("Those who stand at one place stand there together, and move along together")
    func together() {
        var book = PositionBook()
        for follower in Int64(1)...3 { book.move(follower, in: "d", to: Self.at(#""5-a""#)) }
        #expect(book.takeChanges() == ["d": [Self.stored(#""5-a""#, [1, 2, 3])]])
        for follower in Int64(1)...3 { book.move(follower, in: "d", to: Self.at(#""6-b""#)) }
        #expect(book.takeChanges() == ["d": [Self.stored(#""6-b""#, [1, 2, 3])]])
        #expect(book.takeChanges() == [:])
    }

    @Test("One that falls behind keeps its place, whatever the others do")
    func behind() {
        var book = PositionBook([Self.stored(#""5-a""#, [1, 2])])
        book.move(1, in: "d", to: Self.at(#""6-b""#))
        #expect(book.takeChanges() == ["d": [Self.stored(#""5-a""#, [2]), Self.stored(#""6-b""#, [1])]])
        book.move(2, in: "d", to: Self.at(#""6-b""#))
        #expect(book.takeChanges() == ["d": [Self.stored(#""6-b""#, [1, 2])]])
    }

    @Test("One that was told that there is no such database stands nowhere, and the last one leaves nothing")
    func gone() {
        var book = PositionBook([Self.stored(#""5-a""#, [1, 2])])
        book.move(1, in: "d", to: .at(.untold))
        #expect(book.takeChanges() == ["d": [Self.stored(#""5-a""#, [2])]])
        book.move(2, in: "d", to: .at(.untold))
        #expect(book.takeChanges() == ["d": []])
    }

    @Test("The place of a new one is 'now' until that is known")
    func atNow() {
        var book = PositionBook()
        book.move(1, in: "d", to: .atNow)
        #expect(book.takeChanges() == ["d": [Self.stored(nil, [1], startTime: nil)]])
        book.move(1, in: "d", to: Self.at(#""5-a""#))
        #expect(book.takeChanges() == ["d": [Self.stored(#""5-a""#, [1])]])
    }

    @Test("A life that is announced takes no place of another, of whose end one may not have been told yet")
    func announced() {
        let next = Instance(startTime: "200")
        var book = PositionBook([Self.stored(#""5-a""#, [1])])
        for follower in Int64(1)...2 { book.move(follower, in: "d", to: .announced(next)) }
        let saved = book.takeChanges()["d"] ?? []
        #expect(saved.map(\.followers) == [[1], [2]])
        #expect(saved.first == Self.stored(#""5-a""#, [1]))
        #expect(saved.last?.beginning == .announced(next))
    }

    @Test("What could not be saved is saved the next time, as it is by then")
    func restored() {
        var book = PositionBook()
        book.move(1, in: "d", to: Self.at("5"))
        let lost = book.takeChanges()
        book.move(1, in: "d", to: Self.at("6"))
        book.restore(lost.keys)
        #expect(book.takeChanges() == ["d": [Self.stored("6", [1])]])
    }

    @Test("Who is forgotten takes its places along")
    func forgotten() {
        var book = PositionBook([Self.stored("5", [1, 2])])
        book.forget(1)
        #expect(book.takeChanges() == ["d": [Self.stored("5", [2])]])
    }

    @Test("Random moves: everyone stands where it moved last, and equal places are one", arguments: 0..<20)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var book = PositionBook()
        var truth: [Int64: Int] = [:]
        var saved: [StoredPosition] = []
        for _ in 0..<500 {
            let follower = Int64.random(in: 1...5, using: &random)
            let seq = Int.random(in: 0...6, using: &random)
            truth[follower] = seq == 0 ? nil : seq
            book.move(follower, in: "d", to: seq == 0 ? .at(.untold) : Self.at("\(seq)"))
            if Bool.random(using: &random), let changed = book.takeChanges()["d"] { saved = changed }
        }
        if let changed = book.takeChanges()["d"] { saved = changed }
        #expect(Set(saved.map(\.seq)).count == saved.count)
        var stands: [Int64: Int] = [:]
        for position in saved {
            for follower in position.followers {
                #expect(stands[follower] == nil)
                stands[follower] = Int(String(decoding: position.seq ?? [], as: UTF8.self))
            }
        }
        #expect(stands == truth)
    }

    @Test("Only time in which Herald runs without a follower counts, and only enough of it forgets it")
    func absences() {
        let start = ContinuousClock.now
        let day = Duration.seconds(86_400)
        let followers = [
            StoredFollower(id: 1, name: "here", scope: "*", absence: day),
            StoredFollower(id: 2, name: "away", scope: "*", absence: day * 28),
        ]
        var absences = Absences(followers: followers, present: ["here"], limit: day * 30, now: start)
        #expect(absences.returned == [1])
        var count = absences.count(to: start + day)
        #expect(count.absences.map(\.absence) == [day * 29])
        #expect(count.forgotten.isEmpty)
        count = absences.count(to: start + day * 2)
        #expect(count.forgotten.map(\.id) == [2])
        #expect(absences.count(to: start + day * 9).forgotten.isEmpty)
    }
}
