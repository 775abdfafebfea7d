import Testing

@testable import CouchFeed

@Suite("What is told of feeds that break")
struct BrokenFeedsTests {
    private static func told(_ feeds: inout BrokenFeeds) -> [String] {
        (feeds.troubleNews() + feeds.goodNews()).map { "\($0.level): \($0.text)" }
    }

    @Test("One that breaks is told when it is open again, once, with what broke it first")
    func one() {
        var feeds = BrokenFeeds()
        feeds.broke("d", why: "reset")
        feeds.broke("d", why: "refused")
        #expect(!feeds.hasGoodNews)
        for _ in 0..<2 { feeds.isOpen("d") }
        #expect(feeds.hasGoodNews)
        let told = Self.told(&feeds)
        #expect(told == ["info: database d: the feed is open again; it broke: reset"])
        #expect(!feeds.hasGoodNews)
    }

    @Test("One that is opened for the first time, or that is gone, is not told")
    func none() {
        var feeds = BrokenFeeds()
        feeds.broke("b", why: "reset")
        feeds.isInTrouble("c", .failing(times: 4), why: "reset")
        for name in ["b", "c"] { feeds.forget(name) }
        for name in ["a", "b"] { feeds.isOpen(name) }
        feeds.flows("c")
        let told = Self.told(&feeds)
        #expect(told.isEmpty)
    }

    @Test("One in trouble is told so, and told to flow again; not that it is open again besides")
    func trouble() {
        var feeds = BrokenFeeds()
        feeds.broke("d", why: "reset")
        feeds.isInTrouble("d", .failing(times: 4), why: "refused")
        feeds.isInTrouble("e", .refused(hint: "give rights"), why: "no right")
        var told = Self.told(&feeds)
        #expect(
            told == [
                "warning: database d: the feed failed 4 times: refused; trying on",
                "error: database e cannot be read: no right; give rights",
            ]
        )
        for name in ["d", "e"] {
            feeds.isOpen(name)
            feeds.flows(name)
        }
        told = Self.told(&feeds)
        #expect(told == ["info: the feeds of 2 databases (d, e) flow again"])
    }

    @Test("Those of one moment are told in one line, with a few of their names")
    func many() {
        var feeds = BrokenFeeds()
        for number in 0..<1000 {
            feeds.broke("d\(number)", why: "why \(number)")
            feeds.isOpen("d\(number)")
            feeds.isInTrouble("e\(number)", .failing(times: 4), why: "reset")
            feeds.isInTrouble("f\(number)", .refused(hint: "ask"), why: "no right")
        }
        let told = Self.told(&feeds)
        #expect(
            told == [
                "warning: the feeds of 1000 databases (e0, e1, e2 and 997 more) failed 4 times, that of e0: reset; trying on",
                "error: 1000 databases (f0, f1, f2 and 997 more) cannot be read, f0: no right; ask",
                "info: the feeds of 1000 databases (d0, d1, d2 and 997 more) are open again; that of d0 broke: why 0",
            ]
        )
    }

    @Test("What the server's fall explains is not told, neither when it is over")
    func server() {
        var feeds = BrokenFeeds()
        for name in ["a", "b", "c"] { feeds.broke(name, why: "reset") }
        feeds.isOpen("a")
        feeds.isInTrouble("c", .failing(times: 4), why: "refused")
        feeds.serverIsDown()
        for name in ["b", "c"] { feeds.isOpen(name) }
        feeds.flows("c")
        let told = Self.told(&feeds)
        #expect(told == ["info: database a: the feed is open again; it broke: reset"])
    }

    @Test("One that flows before anybody was told of its trouble was only broken")
    func overBefore() {
        var feeds = BrokenFeeds()
        feeds.isInTrouble("d", .failing(times: 4), why: "reset")
        feeds.flows("d")
        let told = Self.told(&feeds)
        #expect(told == ["info: database d: the feed is open again; it broke: reset"])
    }
}
