import Testing

@testable import CouchFeed

@Suite("How one database is followed")
struct DatabaseMachineTests {
    /// Random numbers are the longest waits: what is compared is the ceiling.
    struct Longest: RandomNumberGenerator {
        private let word = UInt64.max
        func next() -> UInt64 { word }
    }

    private var random = Longest()

    private static func info(_ startTime: String?, seq: String) -> DatabaseInfo {
        DatabaseInfo(instanceStartTime: startTime, updateSeq: Seq(json: seq.utf8))
    }

    private static func seq(_ text: String) -> Seq { Seq(json: text.utf8) }

    /// A machine whose database was found, and which was told to begin where it stood.
    private static func begun(seq text: String = #""5-a""#, startTime: String? = "100") -> DatabaseMachine {
        var machine = DatabaseMachine()
        #expect(machine.look() == [.ask])
        let instance = Instance(startTime: startTime)
        #expect(
            machine.found(info(startTime, seq: text), tellsInstances: startTime != nil)
                == [.appeared(instance, updateSeq: seq(text))]
        )
        #expect(machine.begins(at: seq(text), as: instance) == [.open(since: seq(text))])
        return machine
    }

    /// The same, with its feed open and flowing.
    private static func following(seq: String = #""5-a""#, startTime: String? = "100") -> DatabaseMachine {
        var machine = begun(seq: seq, startTime: startTime)
        #expect(machine.opened() == [.ask])
        #expect(machine.found(info(startTime, seq: seq), tellsInstances: startTime != nil) == [.flow])
        #expect(machine.flowed(hasRows: false, to: nil) == [])
        #expect(machine.flowed(hasRows: false, to: nil) == [])
        return machine
    }

    @Test("What is found waits for word of where it begins; its feed is opened there")
    func begins() {
        _ = Self.begun()
    }

    @Test("What is gone before it was said where it begins is not opened")
    func goneBeforeBeginning() {
        var machine = DatabaseMachine()
        var random = random
        _ = machine.look()
        _ = machine.found(Self.info("100", seq: "5"), tellsInstances: true)
        _ = machine.look()
        #expect(machine.missing() == [.confirmServer])
        #expect(machine.confirmed(isSameServer: true, using: &random) == [.gone])
        #expect(machine.begins(at: Self.seq("5"), as: Instance(startTime: "100")) == [])
    }

    @Test("Where lives are not told apart, one that comes after another has ended is another")
    func nextLife() {
        var machine = Self.following(seq: "5", startTime: nil)
        var random = random
        _ = machine.ended(.clean, using: &random)
        _ = machine.missing()
        #expect(machine.confirmed(isSameServer: true, using: &random) == [.gone])
        _ = machine.look()
        #expect(
            machine.found(Self.info("1", seq: "0"), tellsInstances: false)
                == [.appeared(Instance(startTime: nil, generation: 1), updateSeq: .zero)]
        )
    }

    @Test("Where there is none at the first look nobody is told of anything")
    func missing() {
        var machine = DatabaseMachine()
        _ = machine.look()
        #expect(machine.missing() == [.absent])
        #expect(machine.isForgettable)
    }

    @Test("Where somebody was told of a life, before Herald was stopped, a database that is missing is gone")
    func goneWhileDown() {
        var machine = DatabaseMachine(isTold: true)
        var random = random
        #expect(!machine.isForgettable)
        _ = machine.look()
        #expect(machine.missing() == [.confirmServer])
        #expect(machine.confirmed(isSameServer: true, using: &random) == [.gone])
        #expect(machine.isForgettable)
    }

    @Test("A clean end of a feed that has flowed is followed by a look, at once")
    func cleanEnd() {
        var machine = Self.following()
        _ = machine.flowed(hasRows: true, to: Self.seq(#""6-b""#))
        var random = random
        #expect(machine.ended(.clean, using: &random) == [.ask])
        #expect(
            machine.found(Self.info("100", seq: #""6-b""#), tellsInstances: true) == [
                .open(since: Self.seq(#""6-b""#))
            ]
        )
    }

    @Test("A feed that ends and ends without giving anything is not reopened in a hot loop")
    func cleanEndWithoutFlow() {
        var machine = Self.following()
        var random = random
        #expect(machine.ended(.clean, using: &random) == [.ask])
        _ = machine.found(Self.info("100", seq: "1"), tellsInstances: true)
        _ = machine.opened()
        _ = machine.found(Self.info("100", seq: "1"), tellsInstances: true)
        #expect(machine.ended(.clean, using: &random) == [.wait(.milliseconds(100))])
    }

    @Test("404 is a question: only with the same server behind it is the database gone")
    func gone() {
        var machine = Self.following()
        var random = random
        _ = machine.ended(.clean, using: &random)
        #expect(machine.missing() == [.confirmServer])
        #expect(machine.isPresent)
        #expect(machine.confirmed(isSameServer: true, using: &random) == [.gone])
        #expect(!machine.isPresent && machine.isForgettable)
    }

    @Test("404 of another server, or of none, tells nothing and is asked again")
    func notGone() {
        var machine = Self.following()
        var random = random
        _ = machine.ended(.clean, using: &random)
        _ = machine.missing()
        #expect(machine.confirmed(isSameServer: false, using: &random) == [.wait(.milliseconds(100))])
        #expect(machine.isPresent)
        #expect(machine.waitIsOver() == [.ask])
    }

    @Test("Another instance_start_time is another life: told, and read from its start, also while the feed is open")
    func recreatedWhileOpen() {
        var machine = Self.following()
        var random = random
        #expect(machine.look() == [.ask])
        #expect(machine.found(Self.info("200", seq: #""1-z""#), tellsInstances: true) == [.confirmServer])
        #expect(
            machine.confirmed(isSameServer: true, using: &random) == [
                .close, .present(Instance(startTime: "200")), .open(since: .zero),
            ]
        )
    }

    @Test("instance_start_time of a server that means nothing by it tells nothing: a 1.x restart is no recreation")
    func restartOfOldServer() {
        var machine = Self.following(seq: "5", startTime: nil)
        var random = random
        _ = machine.flowed(hasRows: true, to: Self.seq("6"))
        _ = machine.ended(.cut(why: "gone away"), using: &random)
        _ = machine.waitIsOver()
        #expect(
            machine.found(Self.info("1795218688000000", seq: "6"), tellsInstances: false) == [
                .open(since: Self.seq("6"))
            ]
        )
    }

    @Test("Integer seqs that have gone back hide a recreation no longer")
    func integerSeqBehind() {
        var machine = Self.following(seq: "5", startTime: nil)
        var random = random
        _ = machine.flowed(hasRows: true, to: Self.seq("60"))
        _ = machine.ended(.clean, using: &random)
        #expect(
            machine.found(Self.info("1", seq: "3"), tellsInstances: false) == [.confirmServer]
        )
        #expect(
            machine.confirmed(isSameServer: true, using: &random) == [
                .present(Instance(startTime: nil, generation: 1)), .open(since: .zero),
            ]
        )
    }

    @Test("Rows that come between a question and its answer do not make it look like a recreation")
    func integerSeqRace() {
        var machine = Self.following(seq: "5", startTime: nil)
        #expect(machine.look() == [.ask])
        _ = machine.flowed(hasRows: true, to: Self.seq("9"))
        #expect(machine.found(Self.info("1", seq: "7"), tellsInstances: false) == [])
        #expect(machine.position == Self.seq("9"))
    }

    @Test("Opaque seqs are never compared")
    func opaqueSeqs() {
        var machine = Self.following(seq: #""900-x""#, startTime: nil)
        _ = machine.look()
        #expect(machine.found(Self.info("0", seq: #""1-y""#), tellsInstances: false) == [])
    }

    @Test("After each opening it is asked whether the database is still the one that was")
    func verifiesAfterOpening() {
        var machine = Self.begun()
        #expect(machine.opened() == [.ask])
    }

    @Test("Rows of a feed that has just opened wait until it is known that the database is the one that was")
    func rowsWait() {
        var machine = Self.begun()
        #expect(machine.opened() == [.ask])
        #expect(!machine.mayFlow)
        var random = random
        #expect(machine.found(Self.info("200", seq: #""1-b""#), tellsInstances: true) == [.confirmServer])
        #expect(!machine.mayFlow)
        #expect(
            machine.confirmed(isSameServer: true, using: &random) == [
                .close, .present(Instance(startTime: "200")), .open(since: .zero),
            ]
        )
        #expect(machine.opened() == [.ask])
        #expect(machine.found(Self.info("200", seq: #""1-b""#), tellsInstances: true) == [.flow])
        #expect(machine.mayFlow)
    }

    @Test("An answer to a question from before the opening lets no rows flow: the next one does")
    func questionBeforeOpening() {
        var machine = Self.begun()
        #expect(machine.look() == [.ask])
        #expect(machine.opened() == [])
        #expect(machine.found(Self.info("100", seq: "5"), tellsInstances: true) == [.ask])
        #expect(!machine.mayFlow)
        #expect(machine.found(Self.info("100", seq: "5"), tellsInstances: true) == [.flow])
    }

    @Test("A feed may lag until a heartbeat comes, or the database is found where the feed stands")
    func lag() {
        var machine = Self.begun(seq: "5")
        var random = random
        #expect(machine.mayLag)
        _ = machine.opened()
        _ = machine.found(Self.info("100", seq: "9"), tellsInstances: true)
        // The line with which each feed begins says nothing.
        _ = machine.flowed(hasRows: false, to: nil)
        _ = machine.flowed(hasRows: true, to: Self.seq("6"))
        #expect(machine.mayLag)
        _ = machine.flowed(hasRows: false, to: nil)
        #expect(!machine.mayLag)
        machine.paused()
        #expect(machine.mayLag)
        _ = machine.look()
        _ = machine.found(Self.info("100", seq: "6"), tellsInstances: true)
        #expect(!machine.mayLag)
        _ = machine.ended(.clean, using: &random)
        #expect(machine.mayLag)
        machine.isNearEnd()
        #expect(!machine.mayLag)
    }

    @Test("Where the question cannot be answered the rows flow all the same, and it is put again")
    func rowsDoNotWaitForEver() {
        var machine = Self.begun()
        var random = random
        _ = machine.opened()
        #expect(machine.unavailable("500", retryAfter: nil, using: &random) == [.flow, .wait(.milliseconds(100))])
        #expect(machine.waitIsOver() == [.ask])
    }

    @Test("Another life, told by another server, is not believed")
    func recreatedByStranger() {
        var machine = Self.following()
        var random = random
        _ = machine.ended(.clean, using: &random)
        #expect(machine.found(Self.info("200", seq: #""1-z""#), tellsInstances: true) == [.confirmServer])
        #expect(machine.confirmed(isSameServer: false, using: &random) == [.wait(.milliseconds(100))])
        #expect(machine.instance == Instance(startTime: "100"))
    }

    @Test("Cuts are followed by waits that double, which flowing resets")
    func backsOff() {
        var machine = Self.following()
        var random = random
        for milliseconds in [100, 200, 400] {
            #expect(machine.ended(.cut(why: "x"), using: &random).last == .wait(.milliseconds(milliseconds)))
            #expect(machine.waitIsOver() == [.ask])
            _ = machine.found(Self.info("100", seq: "1"), tellsInstances: true)
        }
        _ = machine.opened()
        _ = machine.found(Self.info("100", seq: "1"), tellsInstances: true)
        // The blank line with which each feed begins is not enough.
        _ = machine.flowed(hasRows: false, to: nil)
        #expect(machine.ended(.cut(why: "x"), using: &random).last == .wait(.milliseconds(800)))
        _ = machine.waitIsOver()
        _ = machine.found(Self.info("100", seq: "1"), tellsInstances: true)
        _ = machine.opened()
        _ = machine.found(Self.info("100", seq: "1"), tellsInstances: true)
        _ = machine.flowed(hasRows: true, to: nil)
        #expect(machine.ended(.cut(why: "x"), using: &random) == [.wait(.milliseconds(100))])
    }

    @Test("A refusal is told once, waited out slowly, and its end is told")
    func refused() {
        let refusal = Refusal(status: 403, why: "no")
        var machine = Self.following()
        var random = random
        _ = machine.ended(.clean, using: &random)
        #expect(machine.refused(refusal, using: &random) == [.refused(refusal), .wait(.seconds(60))])
        _ = machine.waitIsOver()
        #expect(machine.refused(refusal, using: &random) == [.wait(.seconds(60))])
        _ = machine.waitIsOver()
        _ = machine.found(Self.info("100", seq: "1"), tellsInstances: true)
        _ = machine.opened()
        #expect(machine.flowed(hasRows: false, to: nil) == [])
        #expect(machine.flowed(hasRows: false, to: nil) == [.recovered])
    }

    @Test("A right that is lost does not end a feed that is open")
    func refusedWhileOpen() {
        var machine = Self.following()
        var random = random
        _ = machine.look()
        #expect(machine.refused(Refusal(status: 401, why: "no"), using: &random) == [.wait(.seconds(60))])
        #expect(machine.connection == .open)
    }

    @Test("Retry-After is obeyed")
    func retryAfter() {
        var machine = Self.following()
        var random = random
        let end = DatabaseMachine.FeedEnd.unavailable(why: "503", retryAfter: .seconds(7))
        #expect(machine.ended(end, using: &random) == [.wait(.seconds(7))])
    }

    @Test("A position that the server refuses three times is given up for the beginning: told twice rather than never")
    func refusedPosition() {
        var machine = Self.following()
        var random = random
        for attempt in 1...3 {
            let actions = machine.ended(.unsupported(why: "Malformed sequence"), using: &random)
            #expect(actions.contains(.startOver) == (attempt == 3))
            _ = machine.waitIsOver()
            let since = attempt == 3 ? Seq.zero : Self.seq(#""5-a""#)
            #expect(machine.found(Self.info("100", seq: "1"), tellsInstances: true) == [.open(since: since)])
        }
    }

    @Test("What asks for a look while one is under way gets one afterwards")
    func looksAgain() {
        var machine = Self.following()
        #expect(machine.look() == [.ask])
        #expect(machine.look() == [])
        #expect(machine.found(Self.info("100", seq: "1"), tellsInstances: true) == [.ask])
    }

    @Test(
        "What is told follows from what was last told and what is",
        arguments: [
            (nil, nil, []),
            (nil, Instance(startTime: "1"), [.created(Instance(startTime: "1"))]),
            (Instance(startTime: "1"), nil, [.deleted(Instance(startTime: "1"))]),
            (Instance(startTime: "1"), Instance(startTime: "1"), []),
            (
                Instance(startTime: "1"), Instance(startTime: "2"),
                [.deleted(Instance(startTime: "1")), .created(Instance(startTime: "2"))]
            ),
            (
                Instance(startTime: nil, generation: 1), Instance(startTime: nil, generation: 2),
                [
                    .deleted(Instance(startTime: nil, generation: 1)),
                    .created(Instance(startTime: nil, generation: 2)),
                ]
            ),
            // The server has learnt to tell lives apart, or is asked by one who was not told which.
            (Instance(startTime: nil, generation: 1), Instance(startTime: "2"), []),
            (Instance(startTime: "2"), Instance(startTime: nil), []),
        ] as [(Instance?, Instance?, [LifeEvent])]
    )
    func truthTable(told: Instance?, present: Instance?, events: [LifeEvent]) {
        #expect(LifeEvent.between(told: told, present: present) == events)
    }
}
