import Store
import Testing

@Suite("Rewinding")
struct RewindTests {
    private let followers = [
        StoredFollower(id: 1, name: "indexer"), StoredFollower(id: 2, name: "warmer"),
        // The same name with another scope is the same to a person.
        StoredFollower(id: 3, name: "indexer", scope: "other"),
    ]

    private var contents: StoreContents {
        StoreContents(
            followers: followers,
            positions: [
                .at("\"1-a\"", of: "d", 1, 2), .at("\"2-b\"", of: "d", 3),
                .at("\"3-c\"", of: "e", 2), .at(nil, of: "f", 1),
            ]
        )
    }

    private func outcome(_ follower: String?, in database: String? = nil, to target: RewindTarget) throws
        -> Rewind.Outcome
    {
        try Rewind(follower: follower, database: database, target: target).outcome(in: contents)
    }

    @Test("A follower's cursors go to 0 in all its databases, in the lives where they were, and nobody else's move")
    func toStart() throws {
        let outcome = try outcome("indexer", to: .start)
        #expect(
            outcome.changes.positions == [
                "d": [.at("\"1-a\"", of: "d", 2), .at("0", of: "d", 1, 3)],
                "f": [.at("0", of: "f", 1)],
            ]
        )
        #expect(outcome.databases.map(\.follower) == ["indexer"] && outcome.databases.map(\.count) == [2])
    }

    @Test("now is nothing yet, to be resolved at the next start")
    func toNow() throws {
        let outcome = try outcome("warmer", to: .now)
        #expect(
            outcome.changes.positions == [
                "d": [.at("\"1-a\"", of: "d", 1), .at(nil, of: "d", 2), .at("\"2-b\"", of: "d", 3)],
                "e": [.at(nil, of: "e", 2)],
            ]
        )
    }

    @Test("All followers that have cursors are meant by --all, each counted by itself")
    func all() throws {
        let everywhere = try outcome(nil, to: .start)
        #expect(everywhere.changes.positions["d"] == [.at("0", of: "d", 1, 2, 3)])
        #expect(everywhere.changes.positions.count == 3)
        #expect(everywhere.databases.map(\.follower) == ["indexer", "warmer"])
        #expect(everywhere.databases.map(\.count) == [2, 2])
        let there = try outcome(nil, in: "e", to: .seq(Array("7".utf8)))
        #expect(there.changes.positions == ["e": [.at("7", of: "e", 2)]])
        #expect(there.databases.map(\.follower) == ["warmer"])
    }

    @Test("Lives that differ stay apart")
    func lives() throws {
        var contents = contents
        contents.positions = [
            StoredPosition(database: "d", startTime: "1", seq: [0x31], followers: [1]),
            StoredPosition(database: "d", startTime: "2", seq: [0x32], followers: [2]),
            StoredPosition(database: "d", startTime: "2", generation: 1, seq: [0x33], followers: [3]),
        ]
        let outcome = try Rewind(follower: nil, database: nil, target: .start).outcome(in: contents)
        let expected = contents.positions.map { position in
            var moved = position
            moved.seq = [0x30]
            return moved
        }
        #expect(outcome.changes.positions == ["d": expected])
    }

    @Test("With a seq and a database a follower gets a cursor that had none there, and only it")
    func newCursor() throws {
        let new = StoredPosition(database: "g", startTime: nil, seq: Array("\"9-x\"".utf8), followers: [2])
        let outcome = try outcome("warmer", in: "g", to: .seq(Array("\"9-x\"".utf8)))
        #expect(outcome.changes.positions == ["g": [new]])
        #expect(outcome.databases.map(\.count) == [1])
        let beside = try self.outcome("warmer", in: "f", to: .seq(Array("5".utf8)))
        #expect(
            beside.changes.positions["f"]
                == [.at(nil, of: "f", 1), StoredPosition(database: "f", startTime: nil, seq: [0x35], followers: [2])]
        )
        let present = try self.outcome("indexer", in: "f", to: .seq(Array("5".utf8)))
        #expect(present.changes.positions == ["f": [.at("5", of: "f", 1)]])
    }

    @Test("What is not there is named, with what there is")
    func faults() throws {
        func fault(_ follower: String?, in database: String? = nil, of contents: StoreContents? = nil) -> RewindFault? {
            #expect(throws: RewindFault.self) {
                try Rewind(follower: follower, database: database, target: .start)
                    .outcome(in: contents ?? self.contents)
            }
        }
        #expect(fault("indexr") == .unknownFollower("indexr", known: ["indexer", "warmer"]))
        #expect(fault("indexr").map { "\($0)" }?.contains("there are: indexer, warmer") == true)
        #expect(fault("warmer", in: "f") == .noCursor("warmer", database: "f", others: ["d", "e"]))
        #expect(fault("warmer", in: "f").map { "\($0)" }?.contains("there are some in: d, e") == true)
        #expect(fault(nil, in: "g") == .noCursor(nil, database: "g", others: ["d", "e", "f"]))
        #expect(fault(nil, of: StoreContents()) == .unknownFollower(nil, known: []))
        #expect(fault("a", of: StoreContents()) == .unknownFollower("a", known: []))
        #expect(
            fault("warmer", of: StoreContents(followers: followers)) == .noCursor("warmer", database: nil, others: [])
        )
    }

    @Test(
        "0, now and seqs are understood, in the JSON text that is to be stored",
        arguments: [
            ("0", "0"), ("now", nil), ("12", "12"), ("12-g1AAA_-x", #""12-g1AAA_-x""#), ("1:23", #""1:23""#),
            (#""12-g1AAA""#, #""12-g1AAA""#), (#""a\u00e9\"é""#, #""a\u00e9\"é""#),
            (#"[123,"g1AAA"]"#, #"[123,"g1AAA"]"#),
            (#"[1, [["a", 2]] ]"#, #"[1, [["a", 2]] ]"#), ("18446744073709551615", "18446744073709551615"),
        ] as [(String, String?)]
    )
    func targets(text: String, stored: String?) throws {
        let target = try #require(RewindTarget(text))
        #expect(target.stored == stored.map { Array($0.utf8) })
        #expect(target.description == stored ?? "now")
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", " ", "NOW", "latest", "-1", "007", "1.5", "1e3", "12-", "12 -g1", "12-g1 AAA", "12-g1\"", "g1AAA",
            "12,13",
            "{}", #"{"a":1}"#, "null", "true", #""""#, #""now""#, #""12"#, #"12""#, #""a"b"#, #""\x""#, #""\u12""#,
            "\"\n\"",
            "[]", "[1", "[1,]", "[,1]", "[1 2]", "[1]]", "[null]", "12-g1\u{0}", "12-é",
            String(repeating: "[", count: 100_000),
        ]
    )
    func refusedTargets(text: String) {
        #expect(RewindTarget(text) == nil)
    }
}
