import Status
import Testing

@testable import herald

@Suite("Figures and texts for people")
struct FiguresTests {
    @Test(
        "Counts have at most seven characters",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (999_999, "999,999"), (1_000_000, "1.0M"), (9_960_000, "10M"),
            (12_345_678, "12M"), (999_499_999, "999M"), (999_500_000, "1.0G"), (UInt64.max, "18E"),
        ] as [(UInt64, String)]
    )
    func counts(count: UInt64, text: String) {
        #expect(Figures.count(count) == text)
    }

    @Test("All digits are in groups of three, also below zero")
    func whole() {
        #expect(Figures.whole(1_234_567) == "1,234,567")
        #expect(Figures.whole(-1234) == "-1,234")
        #expect(Figures.whole(12) == "12")
    }

    @Test(
        "Bytes",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (70_000, "70 kB"), (4 << 20, "4.2 MB"), (-1, "-1 B"),
        ]
    )
    func bytes(count: Int, text: String) {
        #expect(Figures.bytes(count) == text)
    }

    @Test(
        "Durations tell their two largest units",
        arguments: [
            (0, "0s"), (-1, "0s"), (0.01, "0.1s"), (0.44, "0.4s"), (0.96, "1s"), (59.4, "59s"), (59.6, "1m"),
            (303, "5m 3s"), (3600, "1h"), (11_100, "3h 5m"), (356_400, "4d 3h"), (.infinity, "0s"), (.nan, "0s"),
        ] as [(Double, String)]
    )
    func durations(seconds: Double, text: String) {
        #expect(Figures.duration(seconds) == text)
    }

    @Test("Ages are told by the report's own clock; what is no time stands as it is")
    func ages() {
        let clock = ReportClock(Reports.report().herald)
        #expect(clock.age(of: "2026-11-21T11:59:57.000Z") == "3s ago")
        #expect(clock.age(of: "2026-11-21T12:00:00.000Z") == "just now")
        #expect(clock.age(of: "2026-11-21T12:00:09.000Z") == "just now")
        #expect(clock.age(of: "2024-02-29T12:00:00Z") == "996d ago")
        for text in ["yesterday", "", "2026-13-21T12:00:00.000Z", "2026-11-21T12:00:00.000+01"] {
            #expect(clock.age(of: text) == text)
        }
        #expect(ReportClock.seconds("1970-01-01T00:00:00Z") == 0)
        #expect(ReportClock.seconds("2000-03-01T00:00:01.500Z") == 951_868_801.5)
    }

    @Test("A text is cut at its end, in its middle, or before a slash, to so many columns")
    func cuts() {
        #expect(FittedText.cutEnd("abcdef", to: 6) == "abcdef")
        #expect(FittedText.cutEnd("abcdefg", to: 6) == "abcde…")
        #expect(FittedText.cutMiddle("abcdefg", to: 6) == "abc…fg")
        #expect(FittedText.cutMiddle("漢字漢字", to: 6) == "漢…字")
        #expect(FittedText.cutPath("/one/two/three", to: 11) == "…/two/three")
        #expect(FittedText.cutPath("/one/" + String(repeating: "x", count: 20), to: 8) == "…xxxxxxx")
        #expect(FittedText.cutPath("/one", to: 8) == "/one")
    }

    @Test("A text is wrapped at blanks, and a word that is too long at the limit")
    func wraps() {
        #expect(FittedText.wrapped("one two three", to: 7) == ["one two", "three"])
        #expect(FittedText.wrapped("abcdefghij k", to: 4) == ["abcd", "efgh", "ij k"])
        #expect(FittedText.wrapped("  ", to: 4) == [])
        #expect(FittedText.wrapped("漢字", to: 1) == ["漢", "字"])
        for line in FittedText.wrapped(String(repeating: "word longer-word ", count: 50), to: 13) {
            #expect(FittedText.width(line) <= 13)
        }
    }
}
