import Testing

@testable import CouchFeed

@Suite("Where followers begin in a database that has been found")
struct ArrivalTests {
    private static func seq(_ text: String) -> Seq { Seq(json: text.utf8) }
    private static let present = Instance(startTime: "100")
    private static let end = seq(#""9-end""#)

    private static func cursor(_ text: String, _ instance: Instance = present) -> Cursor {
        Cursor(instance: instance, seq: seq(text))
    }

    @Test("One that begins now is told of nothing that was")
    func now() {
        let arrival = Arrival([.now], present: Self.present, updateSeq: Self.end)
        #expect(
            arrival.starts
                == [.init(events: [], cursor: Cursor(instance: Self.present, seq: Self.end))]
        )
        #expect(arrival.position == Self.end)
    }

    @Test("One that begins at zero is told of the creation, and of everything")
    func zero() {
        let arrival = Arrival([.zero], present: Self.present, updateSeq: Self.end)
        #expect(arrival.starts[0].events == [.created(Self.present)])
        #expect(arrival.position == .zero)
    }

    @Test("Those who stand at one place go on from there, with the shared feed")
    func together() {
        let cursor = Self.cursor(#""5-a""#)
        let arrival = Arrival([.resume(cursor), .resume(cursor)], present: Self.present, updateSeq: Self.end)
        #expect(arrival.position == cursor.seq)
        #expect(arrival.starts.allSatisfy { $0 == .init(events: [], cursor: cursor) })
    }

    @Test("Where they stand apart the shared feed begins at the end, and each catches up from its own place")
    func apart() {
        let (one, other) = (Self.cursor(#""5-a""#), Self.cursor(#""6-b""#))
        let arrival = Arrival([.resume(one), .resume(other), .now], present: Self.present, updateSeq: Self.end)
        #expect(arrival.position == Self.end)
        #expect(arrival.starts.map(\.cursor.seq) == [one.seq, other.seq, Self.end])
    }

    @Test("One that was told of another life is told of its end and of the new one, from its beginning")
    func recreated() {
        let old = Instance(startTime: "50")
        let arrival = Arrival(
            [.resume(Self.cursor(#""5-a""#, old))],
            present: Self.present,
            updateSeq: Self.end
        )
        #expect(
            arrival.starts == [
                .init(
                    events: [.deleted(old), .created(Self.present)],
                    cursor: Cursor(instance: Self.present, seq: .zero)
                )
            ]
        )
    }

    @Test("One that joins others in a life, and was told of an earlier one that had no name, is told of both")
    func joining() {
        let present = Instance(startTime: nil, generation: 3)
        let beyond = Arrival.Beginning.resume(Self.cursor("9", present))
        let joining = Arrival.joining(beyond, present: present, updateSeq: Self.seq("5"))
        let arrival = Arrival([joining, .now], present: present, updateSeq: Self.seq("5"), joinsFeed: true)
        #expect(arrival.instance == present)
        let earlier = Instance(startTime: nil, generation: 2)
        #expect(arrival.starts.map(\.events) == [[.deleted(earlier), .created(present)], []])
        #expect(arrival.starts.map(\.cursor.seq) == [.zero, Self.seq("5")])
        #expect(Arrival.joining(beyond, present: present, updateSeq: Self.seq("10")) == beyond)
        #expect(Arrival.joining(.now, present: present, updateSeq: Self.seq("5")) == .now)
        // The answer is older than what the feed has given since.
        let given = Arrival.joining(beyond, present: present, updateSeq: Self.seq("5"), feedAt: Self.seq("9"))
        #expect(given == beyond)
    }

    @Test("One that was about to be told of a life is told of it, perhaps again; and of its end if it is over")
    func announced() {
        let same = Arrival([.announced(Self.present)], present: Self.present, updateSeq: Self.end)
        #expect(same.starts[0].events == [.created(Self.present)])
        #expect(same.position == .zero)
        let old = Instance(startTime: "50")
        let other = Arrival([.announced(old)], present: Self.present, updateSeq: Self.end)
        #expect(other.starts[0].events == [.created(old), .deleted(old), .created(Self.present)])
    }

    @Test("An integer cursor beyond the end of what is there shows another life; an opaque one shows nothing")
    func beyondTheEnd() {
        let old = Instance(startTime: nil, generation: 3)
        let arrival = Arrival([.resume(Self.cursor("60", old))], present: old, updateSeq: Self.seq("7"))
        let next = Instance(startTime: nil, generation: 4)
        #expect(arrival.instance == next)
        #expect(arrival.starts[0].events == [.deleted(old), .created(next)])
        let opaque = Arrival([.resume(Self.cursor(#""60-x""#, old))], present: old, updateSeq: Self.seq(#""7-y""#))
        #expect(opaque.starts[0].events.isEmpty)
    }
}
