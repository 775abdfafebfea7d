import Testing

@testable import CouchFeed

@Suite("What is told of feeds that break")
struct BrokenFeedsTests {
    @Test("One that breaks is told when it is open again, once, with what broke it first")
    func one() {
        var feeds = BrokenFeeds()
        feeds.broke("d", why: "reset")
        feeds.broke("d", why: "refused")
        #expect(feeds.news() == nil)
        let (isNews, isNewsAgain) = (feeds.isOpen("d"), feeds.isOpen("d"))
        #expect(isNews && !isNewsAgain)
        #expect(feeds.news() == "database d: the feed is open again; it broke: reset")
        #expect(feeds.news() == nil)
    }

    @Test("One that is opened for the first time, or that is told otherwise, is not told")
    func none() {
        var feeds = BrokenFeeds()
        feeds.broke("b", why: "reset")
        feeds.forget("b")
        let isNews = ["a", "b"].map { feeds.isOpen($0) }
        #expect(isNews == [false, false] && feeds.news() == nil)
    }

    @Test("Those of one moment are told in one line, with a few of their names")
    func many() {
        var feeds = BrokenFeeds()
        for number in 0..<1000 { feeds.broke("d\(number)", why: "why \(number)") }
        let news = (0..<1000).map { feeds.isOpen("d\($0)") }
        #expect(news[0] && !news.dropFirst().contains(true))
        #expect(
            feeds.news()
                == "the feeds of 1000 databases are open again: d0, d1, d2 and 997 more; that of d0 broke: why 0"
        )
        for name in ["x", "y"] { feeds.broke(name, why: "cut") }
        let again = ["x", "y"].map { feeds.isOpen($0) }
        #expect(again == [true, false])
        #expect(feeds.news() == "the feeds of 2 databases are open again: x, y; that of x broke: cut")
    }

    @Test("What the server's fall explains is not told; what was open again before it is")
    func server() {
        var feeds = BrokenFeeds()
        for name in ["a", "b"] { feeds.broke(name, why: "reset") }
        let isNews = feeds.isOpen("a")
        feeds.serverIsDown()
        let isNewsAgain = feeds.isOpen("b")
        #expect(isNews && !isNewsAgain)
        #expect(feeds.news() == "database a: the feed is open again; it broke: reset")
    }
}
