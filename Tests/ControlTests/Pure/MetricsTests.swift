import Status
import Testing

@testable import Control

@Suite("Metrics")
struct MetricsTests {
    private func enter(_ book: inout LabelBook, _ counts: [String: UInt64]) -> (own: [String], others: UInt64?) {
        let (own, others) = book.enter(counts.mapValues { [$0] })
        return (own, others?.first)
    }

    @Test("The first that come have series of their own, and the sum of the others never goes backwards")
    func labelBook() {
        var book = LabelBook(limit: 2)
        var found = enter(&book, ["a": 1, "b": 2])
        #expect(found.own == ["a", "b"] && found.others == nil)
        // Those that came later are summed, wherever they stand in the alphabet.
        found = enter(&book, ["a": 1, "b": 2, "0": 10, "z": 20])
        #expect(found.own == ["a", "b"] && found.others == 30)
        // One of them goes: what it counted stays.
        found = enter(&book, ["a": 1, "b": 2, "z": 25])
        #expect(found.own == ["a", "b"] && found.others == 35)
        // One of the first goes: its place is not for one that is among the others, but for the next that comes.
        found = enter(&book, ["b": 2, "z": 25])
        #expect(found.own == ["b"] && found.others == 35)
        found = enter(&book, ["b": 2, "z": 25, "y": 1])
        #expect(found.own == ["b", "y"] && found.others == 35)
        // One of the others begins anew.
        found = enter(&book, ["b": 2, "z": 3, "y": 1])
        #expect(found.own == ["b", "y"] && found.others == 38)
        found = enter(&book, [:])
        #expect(found.own == [] && found.others == 38)
    }

    @Test("What is called as the sum is counted in it")
    func reservedName() {
        var book = LabelBook(limit: 2)
        let found = enter(&book, ["(others)": 4])
        #expect(found.own == [] && found.others == 4)
    }

    @Test("Numbers and labels are written as the format has them")
    func format() {
        #expect(
            [1, 0.5, -3, .infinity, -.infinity, .nan, 1e15].map(Exposition.number) == [
                "1", "0.5", "-3", "+Inf", "-Inf", "NaN", "1000000000000000",
            ]
        )
        #expect(Exposition.escaped("a\\b\"c\nd") == #"a\\b\"c\nd"#)
    }

    @Test(
        "Times are counted from 1970",
        arguments: [
            ("1970-01-01T00:00:00Z", 0.0), ("2000-02-29T23:59:59.500Z", 951_868_799.5),
            ("2026-11-21T10:00:01.000Z", 1_795_255_201), ("2026-13-01T00:00:00Z", nil), ("now", nil),
        ] as [(String, Double?)]
    )
    func timestamps(text: String, seconds: Double?) {
        #expect(Timestamp.seconds(text) == seconds)
    }

    @Test("More databases than have series of their own are summed")
    func manyDatabases() {
        var report = StatusReport.healthy
        report.databases = [:]
        for number in 0..<1100 { report.databases["d\(number)"] = DatabaseStatus(feed: .open, changes: 2) }
        var books = Metrics.Books()
        let lines = Metrics.text(report, &books).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("herald_changes_total{") } == 1001)
        #expect(lines.contains(#"herald_changes_total{database="(others)"} 200"#))
        #expect(lines.contains(#"herald_feed_open{database="(others)"} 100"#))
        #expect(lines.contains("herald_databases 1100"))
    }
}
