import GRDB
import TestSupport
import Testing

@testable import Store

@Suite("Damage and full disks")
struct DamageTests {
    /// A closed store of some pages, and what is in it.
    private func example() async throws -> (StorePlace, StoreContents, [DeadLetter]) {
        let place = try StorePlace()
        let store = try place.open()
        var changes = StoreChanges(
            server: StoredServer(uuid: "a25b"),
            letters: [.example("relay"), .example("warmer")]
        )
        for number in 0..<60 {
            changes.followers.append(StoredFollower(id: Int64(number), name: "follower \(number)"))
            changes.positions["database-\(number)"] = [
                .at(
                    "\"\(number)-g1AAAACTeJzLYWBgYMpgTmEQTM4vTc5ISXLIyU9OzMnILy7JAUoxJTIk\"",
                    of: "database-\(number)",
                    1,
                    2
                )
            ]
        }
        try await store.save(changes)
        let (contents, letters) = (try await store.contents(), try await store.deadLetters())
        store.close()
        return (place, contents, letters)
    }

    /// Opening either tells of damage or finds all of it; says whether it opened.
    private func check(
        _ place: StorePlace,
        _ contents: StoreContents,
        _ letters: [DeadLetter],
        _ comment: Comment
    ) async throws -> Bool {
        let store: Store
        do throws(StoreError) {
            store = try place.open()
        } catch {
            #expect(error.kind == .damaged, "\(comment): \(error)")
            #expect(error.hint.contains("restore a copy") && error.path == place.file, "\(comment)")
            return false
        }
        #expect(try await store.contents() == contents, comment)
        #expect(try await store.deadLetters() == letters, comment)
        store.close()
        return true
    }

    @Test("A store that was cut short anywhere is an error, is left as it is, and never looks empty")
    func cutShort() async throws {
        let (place, contents, letters) = try await example()
        let whole = try readFile(place.file)
        #expect(whole.count > 20_000)
        for length in Array(stride(from: 0, to: whole.count, by: 512)) + [1, 99, whole.count - 1] {
            try writeFile(place.file, whole[..<length])
            #expect(try await !check(place, contents, letters, "opened"), "cut at \(length) of \(whole.count)")
            #expect(try readFile(place.file) == Array(whole[..<length]))
            let error = #expect(throws: StoreError.self) { try Store.look(at: place.folder)?.close() }
            #expect(error?.kind == .damaged)
        }
        try writeFile(place.file, whole)
        #expect(try await check(place, contents, letters, "whole"))
    }

    @Test("A log that was cut short gives the store as it was at some save before, and whole transactions only")
    func logCutShort() async throws {
        let place = try StorePlace()
        let store = try place.open()
        let saves = 20
        for number in 1...saves {
            try await store.save(.positions(.at("\(number)", of: "x", 1), .at("\(number)", of: "y", 1)))
        }
        let killed = try place.copyOfFiles()
        store.close()
        let (main, log) = (try readFile(killed.file), try readFile("\(killed.file)-wal"))
        var last = 0
        for length in stride(from: 0, through: log.count, by: 512) {
            try writeFile(killed.file, main)
            try writeFile("\(killed.file)-wal", log[..<length])
            let positions = try await killed.contents().positions
            #expect(positions.count == 2 || positions.isEmpty)
            #expect(positions.first?.seq == positions.last?.seq)
            let number = positions.first?.seq.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
            #expect(number >= last)
            last = number
        }
        #expect(last == saves)
    }

    @Test("Garbage, another program's database, and an emptied one are damage")
    func garbage() async throws {
        let place = try StorePlace()
        try place.parent.makeFolder("state")
        var random = SeededGenerator(seed: 11)
        try writeFile(place.file, (0..<9000).map { _ in UInt8.random(in: 0...255, using: &random) })
        #expect(try place.refusal().kind == .damaged)
        try writeFile(place.file, "[update_notification]\n".utf8)
        #expect(try place.refusal().kind == .damaged)

        let foreign = try StorePlace()
        try foreign.parent.makeFolder("state")
        let queue = try DatabaseQueue(path: foreign.file)
        try await queue.write { try $0.execute(sql: "CREATE TABLE song (title TEXT)") }
        try queue.close()
        let refusal = try foreign.refusal()
        #expect(refusal.kind == .damaged && refusal.message.contains("another program"))
    }

    @Test("The newest part without the rest is damage, not a new store")
    func logAlone() async throws {
        let place = try StorePlace()
        let store = try place.open()
        try await store.save(.positions(.at("1", of: "d", 1)))
        let killed = try place.copyOfFiles(except: ["herald.sqlite"])
        store.close()
        let refusal = try killed.refusal()
        #expect(refusal.kind == .damaged && refusal.message.contains("missing"))
    }

    @Test("Blocks of garbage anywhere never trap: an error, or a store that reads and writes")
    func garbledBlocks() async throws {
        let (place, _, _) = try await example()
        let whole = try readFile(place.file)
        var random = SeededGenerator(seed: 3)
        var refusals = 0
        for start in stride(from: 0, to: whole.count, by: 512) {
            var garbled = whole
            for index in start..<min(start + Int.random(in: 1...64, using: &random), whole.count) {
                garbled[index] = UInt8.random(in: 0...255, using: &random)
            }
            try writeFile(place.file, garbled)
            do throws(StoreError) {
                let store = try place.open()
                defer { store.close() }
                _ = try await store.contents()
                _ = try await store.deadLetters()
                try await store.save(.positions(.at("1", of: "database-1", 1)))
            } catch {
                refusals += 1
                #expect(error.kind == .damaged || error.kind == .newer, "\(error)")
            }
        }
        #expect(refusals > 0)
    }

    @Test("Values that make no sense are damage")
    func nonsense() async throws {
        for nonsense in [
            "UPDATE cursor SET followers = '1,2'", "UPDATE cursor SET followers = '[1,]'",
            "UPDATE cursor SET generation = 'x'", "UPDATE cursor SET seq = 12", "UPDATE follower SET name = x'00'",
        ] {
            let (place, _, _) = try await example()
            let queue = try DatabaseQueue(path: place.file)
            try await queue.write { try $0.execute(sql: nonsense) }
            try queue.close()
            let store = try place.open()
            let error = await #expect(throws: StoreError.self, "\(nonsense)") { try await store.contents() }
            #expect(error?.kind == .damaged)
            store.close()
        }
    }

    @Test("A store of a newer version is refused as that, and is left as it is")
    func newer() async throws {
        let (place, _, _) = try await example()
        let queue = try DatabaseQueue(path: place.file)
        try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('2 events')") }
        try queue.close()
        let refusal = try place.refusal()
        #expect(refusal.kind == .newer && refusal.message.contains("newer herald"))
        let looked = #expect(throws: StoreError.self) { try Store.look(at: place.folder)?.close() }
        #expect(looked?.kind == .newer)
    }

    @Test("A save for which there is no room says so and changes nothing; with room again the next one succeeds")
    func diskFull() async throws {
        let (place, contents, letters) = try await example()
        let store = try place.open()
        try await store.limitPages(to: 1)
        var changes = StoreChanges(
            server: StoredServer(uuid: "other"),
            letters: (0..<100).map { _ in .example("relay", String(repeating: "x", count: 1000)) }
        )
        changes.forgotten = [1]
        for durably in [false, true] {
            let error = await #expect(throws: StoreError.self) { try await store.save(changes, durably: durably) }
            #expect(error?.kind == .unusable)
            #expect(error?.message.contains("the disk is full") == true)
            #expect(try await store.contents() == contents)
            #expect(try await store.deadLetters() == letters)
        }
        try await store.limitPages(to: nil)
        try await store.save(changes)
        #expect(try await store.deadLetters().count == letters.count + 100)
        #expect(try await store.contents().server?.uuid == "other")
        store.close()
        #expect(try await place.contents().followers.count == contents.followers.count - 1)
    }
}
