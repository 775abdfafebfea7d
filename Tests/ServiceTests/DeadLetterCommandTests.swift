import Store
import TestSupport
import Testing

@Suite("herald dead")
struct DeadLetterCommandTests {
    private static let line = #"{"type":"updated","db":"orders","seq":"3-g1","id":"x\u001b"}"#

    private func letter(_ notifier: String, _ reason: String = "no answer within 60s") -> DeadLetter {
        DeadLetter(
            notifier: notifier,
            database: "orders",
            line: Array(Self.line.utf8),
            reason: reason,
            deliveries: 10,
            firstDelivered: 1_700_000_000_000,
            died: 1_700_000_600_123
        )
    }

    private func stage() async throws -> StoreStage {
        let stage = try StoreStage()
        let reason = "drop \u{1B}[2Jforged\nline " + String(repeating: "x", count: 200)
        try await stage.fill(StoreChanges(letters: [letter("relay"), letter("indexer", reason), letter("relay")]))
        return stage
    }

    private func ids(_ stage: StoreStage) async throws -> [Int64] {
        let store = try Store.open(stage.stateFolder)
        defer { store.close() }
        return try await store.deadLetters().map(\.id)
    }

    @Test("dead lists them, one a line, the id first, and escapes what could forge a line")
    func list() async throws {
        let stage = try await stage()
        for arguments in [["dead"], ["dead", "list"]] {
            let herald = try HeraldProcess(arguments + ["-c", stage.configuration], environment: ["COLUMNS": ""])
            #expect(try await herald.waitForExit() == .status(0))
            let words = herald.stdout.map { $0.split(separator: " ").map(String.init) }
            #expect(words.count == 4 && herald.stderr.isEmpty)
            #expect(words.first == ["ID", "NOTIFIER", "DATABASE", "DIED", "DELIVERIES", "REASON"])
            #expect(words.dropFirst().map(\.first) == ["1", "2", "3"])
            #expect(
                words[1] == ["1", "relay", "orders", "2023-11-14T22:23:20.123Z", "10", "no", "answer", "within", "60s"]
            )
            #expect(herald.stdout[2].contains(#"drop \u001B[2Jforged\u000Aline xxx"#))
        }
        let own = try await stage.herald("dead", "list", "--notifier", "relay")
        #expect(own.stdout.dropFirst().map(\.first) == ["1", "3"])
    }

    @Test("On a terminal no line is wider than it")
    func width() async throws {
        let stage = try await stage()
        let list = try await stage.herald("dead", "list", environment: ["COLUMNS": "70"])
        #expect(list.stdout.count == 4)
        #expect(list.stdout.map(\.unicodeScalars.count).max() == 70)
        #expect(list.stdout[2].hasSuffix("…"))
    }

    @Test("dead show tells everything, the line last and whole")
    func show() async throws {
        let stage = try await stage()
        let shown = try await stage.herald("dead", "show", "2")
        #expect(shown.exit == .status(0))
        #expect(shown.stdout.last == Self.line)
        let words = shown.stdout.map { $0.split(separator: " ").joined(separator: " ") }
        for line in [
            "id 2", "notifier indexer", "database orders", "first delivered 2023-11-14T22:13:20.000Z",
            "died 2023-11-14T22:23:20.123Z", "deliveries 10", "to be retried no",
        ] {
            #expect(words.contains(line), "\(words)")
        }
        #expect(shown.stdout.contains { $0.hasPrefix("reason") && $0.hasSuffix("xxx") })
    }

    @Test("retry marks those that are meant, for a service that has the store open too")
    func retry() async throws {
        let stage = try await stage()
        let store = try Store.open(stage.stateFolder)
        #expect(try await !store.wasChangedByOthers())
        let some = try await stage.herald("dead", "retry", "3")
        #expect(some.exit == .status(0) && some.stdout == ["1 dead letter to be delivered again"])
        #expect(try await store.wasChangedByOthers())
        #expect(try await store.lettersToBeRetried().map(\.id) == [3])
        #expect(try await stage.herald("dead", "retry", "--notifier", "relay").stdout[0].hasPrefix("2 dead letters "))
        #expect(try await store.lettersToBeRetried().map(\.id) == [1, 3])
        #expect(try await stage.herald("dead", "retry", "--all").stdout[0].hasPrefix("3 dead letters "))
        #expect(try await store.lettersToBeRetried().map(\.id) == [1, 2, 3])
        #expect(try await stage.herald("dead").stdout[1].contains("(to be retried) no answer"))
        store.close()
    }

    @Test("drop deletes those that are meant")
    func drop() async throws {
        let stage = try await stage()
        #expect(try await stage.herald("dead", "drop", "1", "2").stdout == ["2 dead letters dropped"])
        #expect(try await ids(stage) == [3])
        #expect(try await stage.herald("dead", "drop", "--notifier", "relay").stdout == ["1 dead letter dropped"])
        #expect(try await ids(stage).isEmpty)
    }

    @Test("Ids that are not there are named, with exit 1, and nothing is done to the others")
    func unknown() async throws {
        let stage = try await stage()
        for arguments in [["drop", "1", "7", "99"], ["retry", "7", "1", "99"]] {
            let herald = try HeraldProcess(["dead"] + arguments + ["-c", stage.configuration])
            #expect(try await herald.waitForExit() == .status(1))
            #expect(herald.stdout.isEmpty && herald.stderr.count == 1)
            #expect(herald.stderr.first?.hasPrefix("no dead letters have the ids 7, 99; ") == true)
        }
        let shown = try await stage.herald("dead", "show", "7")
        #expect(shown.exit == .status(1) && shown.stderr[0].hasPrefix("no dead letter has the id 7; "))
        #expect(try await ids(stage) == [1, 2, 3])
        let store = try Store.open(stage.stateFolder)
        #expect(try await store.lettersToBeRetried().isEmpty)
        store.close()
    }

    @Test("Where there are none it says so on stderr and succeeds, and makes no store")
    func none() async throws {
        let stage = try StoreStage()
        for arguments in [["list"], ["list", "--notifier", "a"], ["retry", "--all"], ["drop", "--notifier", "a"]] {
            let herald = try HeraldProcess(["dead"] + arguments + ["-c", stage.configuration])
            #expect(try await herald.waitForExit() == .status(0))
            #expect(herald.stdout.isEmpty && herald.stderr.count == 1)
            #expect(herald.stderr.first?.hasPrefix("no dead letters") == true)
        }
        #expect(try namesInFolder(stage.folder.path) == ["notifiers.ini"])
    }
}
