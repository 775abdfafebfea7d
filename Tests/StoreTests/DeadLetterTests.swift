import Store
import TestSupport
import Testing

@Suite("Dead letters")
struct DeadLetterTests {
    @Test("They keep all that is known of them, and get ids that are never used again")
    func roundTrip() async throws {
        let place = try StorePlace()
        var store = try place.open()
        var letter = DeadLetter.example("relay")
        letter.line = [0x7B, 0xFF, 0x00, 0x7D]
        letter.isToBeRetried = true
        try await store.save(StoreChanges(letters: [letter, .example("warmer"), .example("relay", "")]))
        let saved = try await store.deadLetters()
        #expect(saved.map(\.id) == [1, 2, 3])
        letter.id = 1
        #expect(saved[0] == letter)
        #expect(saved[2].line.isEmpty)
        #expect(try await store.deadLetters(of: "relay").map(\.id) == [1, 3])
        #expect(try await store.deadLetters(of: "nobody").isEmpty)

        try await store.save(StoreChanges(finishedLetters: [3, 2, 99]))
        store.close()
        store = try place.open()
        try await store.save(StoreChanges(letters: [.example("relay")]))
        #expect(try await store.deadLetters().map(\.id) == [1, 4])
    }

    @Test("One that dies again takes its own place; one that was dropped meanwhile does not come back")
    func again() async throws {
        let place = try StorePlace()
        let store = try place.open()
        try await store.save(StoreChanges(letters: [.example("relay"), .example("relay")]))
        var letters = try await store.deadLetters()
        #expect(try await place.view().drop(.ids([2])) == .done(count: 1))
        for index in letters.indices {
            letters[index].deliveries += 1
            letters[index].reason = "drop no such customer"
        }
        try await store.save(StoreChanges(letters: letters))
        #expect(try await store.deadLetters() == [letters[0]])
    }

    @Test("retry and drop mean what they name: ids, a notifier's, or all")
    func selections() async throws {
        let place = try StorePlace()
        let store = try place.open()
        try await store.save(
            StoreChanges(letters: ["a", "b", "a", "c"].map { DeadLetter.example($0) })
        )
        let view = try place.view()
        func marked() async throws -> [Int64] { try await store.lettersToBeRetried().map(\.id) }

        #expect(try await view.retry(.ids([3, 3])) == .done(count: 1))
        #expect(try await marked() == [3])
        #expect(try await view.retry(.of(notifier: "a")) == .done(count: 2))
        #expect(try await marked() == [1, 3])
        #expect(try await view.retry(.of(notifier: "nobody")) == .done(count: 0))
        #expect(try await view.retry(.all) == .done(count: 4))
        #expect(try await marked() == [1, 2, 3, 4])
        #expect(try await view.deadLetter(3)?.isToBeRetried == true)

        #expect(try await view.drop(.ids([4, 1])) == .done(count: 2))
        #expect(try await view.deadLetters().map(\.id) == [2, 3])
        #expect(try await view.drop(.of(notifier: "b")) == .done(count: 1))
        #expect(try await view.drop(.all) == .done(count: 1))
        #expect(try await view.drop(.all) == .done(count: 0))
        #expect(try await view.deadLetter(3) == nil)
    }

    @Test("An id that is not there means that nothing is done to the others either")
    func unknown() async throws {
        let place = try StorePlace()
        let store = try place.open()
        try await store.save(StoreChanges(letters: [.example("a"), .example("a")]))
        let before = try await store.deadLetters()
        let view = try place.view()
        #expect(try await view.retry(.ids([1, 7, 2, 0])) == .unknown([7, 0]))
        #expect(try await view.drop(.ids([1, -1])) == .unknown([-1]))
        #expect(try await store.deadLetters() == before)
    }

    @Test("The service sees that somebody else has written, once, and never takes itself for somebody else")
    func changedByOthers() async throws {
        let place = try StorePlace()
        let store = try place.open()
        #expect(try await !store.wasChangedByOthers())
        try await store.save(StoreChanges(letters: [.example("a")]))
        #expect(try await !store.wasChangedByOthers())
        let view = try place.view()
        #expect(try await view.deadLetters().count == 1)
        #expect(try await !store.wasChangedByOthers())
        _ = try await view.retry(.all)
        #expect(try await store.wasChangedByOthers())
        #expect(try await !store.wasChangedByOthers())
        _ = try await view.drop(.all)
        view.close()
        #expect(try await store.wasChangedByOthers())
        #expect(try await !store.wasChangedByOthers())
    }

    @Test("A view and the service write side by side: each waits for the other")
    func sideBySide() async throws {
        let place = try StorePlace()
        let store = try place.open()
        try await store.save(StoreChanges(letters: (0..<100).map { _ in .example("a") }))
        try await withThrowingTaskGroup { group in
            group.addTask {
                for number in 0..<100 { try await store.save(.positions(.at("\(number)", of: "d", 1))) }
            }
            for part in 0..<4 {
                group.addTask {
                    let view = try place.view()
                    for id in 1...25 { _ = try await view.drop(.ids([Int64(part * 25 + id)])) }
                    view.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.deadLetters().isEmpty)
        #expect(try await store.contents().positions == [.at("99", of: "d", 1)])
    }
}
