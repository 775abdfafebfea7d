import Testing

@testable import CouchFeed

@Suite("Whether the server is there")
struct ServerMachineTests {
    private static let couch = ServerInfo(kind: .couchDB, version: "3.5.0", uuid: "a")
    private var random = DatabaseMachineTests.Longest()

    @Test("It is asked once, however many feeds broke, and once more for those that broke meanwhile")
    func asksOnce() {
        var machine = ServerMachine()
        var random = random
        #expect(machine.look() == [.ask])
        #expect(machine.look() == [])
        #expect(machine.look() == [])
        #expect(
            machine.answered(.ok(Self.couch), using: &random) == [.up(Self.couch, isFirst: true), .rest(.seconds(1))]
        )
        #expect(machine.look() == [])
        #expect(machine.restIsOver() == [.ask])
        #expect(machine.answered(.ok(Self.couch), using: &random) == [.stillUp, .rest(.seconds(1))])
        #expect(machine.restIsOver() == [])
    }

    @Test("The same trouble is told once; the waits double")
    func tellsTroubleOnce() {
        var machine = ServerMachine()
        var random = random
        _ = machine.look()
        #expect(
            machine.answered(.unavailable(why: "refused", retryAfter: nil), using: &random) == [
                .down(why: "refused", next: .milliseconds(100)), .wait(.milliseconds(100)),
            ]
        )
        #expect(machine.waitIsOver() == [.ask])
        #expect(
            machine.answered(.unavailable(why: "refused", retryAfter: nil), using: &random)
                == [.wait(.milliseconds(200))]
        )
        #expect(machine.look() == [])
        #expect(machine.waitIsOver() == [.ask])
        #expect(
            machine.answered(.ok(Self.couch), using: &random) == [.up(Self.couch, isFirst: true), .rest(.seconds(1))]
        )
    }

    @Test("Credentials that are refused are not hammered")
    func refused() {
        var machine = ServerMachine()
        var random = random
        let refusal = Refusal(status: 401, why: "Name or password is incorrect.")
        _ = machine.look()
        #expect(
            machine.answered(.refused(refusal), using: &random) == [
                .refused(refusal, next: .seconds(60)), .wait(.seconds(60)),
            ]
        )
        #expect(!machine.isUp)
    }

    @Test("Another server at the same url counts as none, is told once a visit, and the first is known when it is back")
    func stranger() {
        let other = ServerInfo(kind: .couchDB, version: "3.5.0", uuid: "b")
        var machine = ServerMachine()
        var random = random
        _ = machine.look()
        _ = machine.answered(.ok(Self.couch), using: &random)
        _ = machine.restIsOver()
        for _ in 0..<2 {
            _ = machine.look()
            #expect(
                machine.answered(.ok(other), using: &random) == [
                    .stranger(other, next: .milliseconds(100)), .wait(.milliseconds(100)),
                ]
            )
            #expect(!machine.isUp)
            _ = machine.waitIsOver()
            #expect(machine.answered(.ok(other), using: &random) == [.wait(.milliseconds(200))])
            _ = machine.waitIsOver()
            #expect(
                machine.answered(.ok(Self.couch), using: &random) == [
                    .up(Self.couch, isFirst: false), .rest(.seconds(1)),
                ]
            )
            _ = machine.restIsOver()
        }
    }

    @Test(
        "instance_start_time is trusted from CouchDB 3.3 on, and nowhere else",
        arguments: [
            (ServerInfo.Kind.couchDB, "3.5.0-dirty", true), (.couchDB, "3.3.0", true), (.couchDB, "4.0", true),
            (.couchDB, "3.2.3", false), (.couchDB, "2.3.1", false), (.couchDB, "1.7.2", false), (.couchDB, "", false),
            (.pouchDBServer, "4.2.0", false), (.cloudant, "3.4.2+cloudant", true),
        ]
    )
    func instances(kind: ServerInfo.Kind, version: String, isTold: Bool) {
        #expect(ServerInfo(kind: kind, version: version, uuid: nil).tellsInstances == isTold)
    }

    @Test("Waits double from 100 ms to 60 s, are a random part of that, and never shorter than Retry-After")
    func backoff() {
        var longest = DatabaseMachineTests.Longest()
        var backoff = Backoff()
        let waits = (0..<12).map { _ in backoff.next(using: &longest) }
        #expect(waits.prefix(4) == [.milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800)])
        #expect(waits.suffix(2) == [.seconds(60), .seconds(60)])
        var system = SystemRandomNumberGenerator()
        let jittered = (0..<50).map { _ in backoff.next(using: &system) }
        #expect(jittered.allSatisfy { $0 >= .zero && $0 <= .seconds(60) })
        #expect(Set(jittered).count > 10)
        #expect(backoff.next(retryAfter: .seconds(120), using: &longest) == .seconds(120))
        backoff.reset()
        #expect(backoff.next(using: &longest) == .milliseconds(100))
    }
}
