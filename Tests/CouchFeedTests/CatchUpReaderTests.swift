import Curl
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import CouchFeed

@Suite("A reader that catches up")
@CurlLoop
struct CatchUpReaderTests {
    private static let old = Instance(startTime: "100")
    private static func seq(_ number: Int) -> Seq { Seq(json: #""\#(number)-x""#.utf8) }

    private static nonisolated func row(_ number: Int, _ id: String) -> String {
        #"{"seq":"\#(number)-x","id":"\#(id)","changes":[{"rev":"1-\#(id)"}]}"#
    }

    /// The answer of a feed that ends.
    private static nonisolated func answer(_ rows: [String], last: Int) -> WireReplayer.Answer {
        let list = rows.joined(separator: ",\n")
        return .json(status: 200, "{\"results\":[\n\(list)\n],\n\"last_seq\":\"\(last)-x\",\"pending\":0}")
    }

    /// A database of whose first change one follower was given, which then was detached.
    private static func database(_ follower: KeepingFollower) -> FollowedDatabase {
        let cursor = Cursor(instance: old, seq: seq(1))
        let seat = Seat(FollowerRecord(follower), beginning: .resume(cursor))
        let database = FollowedDatabase(name: "d", number: 0, tally: FeedTally(), seats: [seat]) { _, _ in }
        _ = database.machine.look()
        _ = database.machine.found(
            DatabaseInfo(instanceStartTime: old.startTime, updateSeq: seq(2)),
            tellsInstances: true
        )
        _ = database.machine.begins(at: seq(2), as: old)
        database.seats[0].state = .detached
        return database
    }

    @Test("What the shared feed gives while the last rows are read is given behind them, less what they were")
    func held() async throws {
        let rows = [Self.row(2, "a"), Self.row(3, "b"), Self.row(4, "c")]
        let server = try await WireReplayer { request in
            request.query("limit") != nil ? Self.answer([rows[0]], last: 2) : Self.answer([rows[1]], last: 3)
        }
        let follower = KeepingFollower()
        let database = Self.database(follower)
        let owner = ReaderOwner(ServerAddress(url: server.url)) {
            database.give(ChangeBatch(rows: "\(rows[1])\n\(rows[2])\n"), at: .now)
        }
        let catchUp = CatchUp(database, members: database.seats, owner: owner)
        database.catchUps = [catchUp]
        catchUp.start()
        try await eventually("it is asked whose rows these are") { owner.question != nil }
        owner.answer(isSame: true)
        try await eventually("it is asked again") { owner.question != nil }
        owner.answer(isSame: true)
        try await eventually("it is over") { owner.isOver }
        #expect(follower.told == ["a", "b", "c"])
        #expect(database.seats[0].isAttached && owner.failure == nil)
        #expect(database.seats[0].cursor == Cursor(instance: Self.old, seq: Self.seq(4)))
    }

    @Test("A feed that has far to go is not joined: what comes is read until it has not")
    func lags() async throws {
        let rows = [Self.row(2, "a"), Self.row(3, "b")]
        let readings = NIOLockedValueBox(0)
        let server = try await WireReplayer { request in
            guard request.query("limit") != nil else { return Self.answer([], last: 3) }
            let reading = readings.withLockedValue { count in
                count += 1
                return count
            }
            return Self.answer([rows[min(reading, 2) - 1]], last: min(reading, 2) + 1)
        }
        let follower = KeepingFollower()
        let database = Self.database(follower)
        let owner = ReaderOwner(ServerAddress(url: server.url))
        owner.lags = [1_000_000, 10]
        #expect(database.machine.mayLag)
        let catchUp = CatchUp(database, members: database.seats, owner: owner)
        database.catchUps = [catchUp]
        catchUp.start()
        for _ in 0..<3 {
            try await eventually("it is asked whose rows these are") { owner.question != nil }
            owner.answer(isSame: true)
        }
        try await eventually("it is over") { owner.isOver }
        #expect(follower.told == ["a", "b"] && owner.lags.isEmpty)
        #expect(database.seats[0].isAttached && !database.machine.mayLag)
    }

    @Test("No row is given before it is known whose life it is of, and none of another life", arguments: [true, false])
    func verified(isSame: Bool) async throws {
        let server = try await WireReplayer { _ in Self.answer([Self.row(2, "a")], last: 2) }
        let follower = KeepingFollower()
        let database = Self.database(follower)
        let owner = ReaderOwner(ServerAddress(url: server.url))
        let catchUp = CatchUp(database, members: database.seats, owner: owner)
        catchUp.start()
        try await eventually("rows have come, and wait") { catchUp.feed?.isPaused ?? false }
        #expect(follower.told == [])
        owner.answer(isSame: isSame)
        if isSame {
            try await eventually("they are given") { follower.told == ["a"] }
            catchUp.cancel()
        } else {
            #expect(owner.isOver && owner.failure != nil)
        }
        #expect(follower.told == (isSame ? ["a"] : []))
        #expect(database.seats[0].isDetached)
        #expect(database.seats[0].cursor.instance == Self.old)
    }
}

/// Stands for the hub.
@CurlLoop
private final class ReaderOwner: CatchUp.Owner {
    private let address: ServerAddress
    private let joins: () -> Void
    private(set) var question: ((Bool) -> Void)?
    private(set) var isOver = false
    /// How far the shared feed has to go, at each question; `nil`, unless told otherwise.
    var lags: [Int?] = []
    private(set) var failure: DatabaseMachine.FeedEnd?

    /// - Parameter joins: Called when the last rows are asked for.
    init(_ address: ServerAddress, joins: @escaping () -> Void = {}) {
        self.address = address
        self.joins = joins
    }

    /// Answers ``question``.
    func answer(isSame: Bool) {
        question.take()?(isSame)
    }

    func request(for catchUp: CatchUp, since: Seq, limit: Int?) throws -> Request {
        if limit == nil { joins() }
        return try address.request("/d/_changes?since=\(since.query)\(limit.map { "&limit=\($0)" } ?? "")")
    }

    func verify(_ catchUp: CatchUp, _ completion: @escaping @CurlLoop (Bool) -> Void) {
        question = completion
    }

    func lag(of database: FollowedDatabase, _ completion: @escaping @CurlLoop (Int?) -> Void) {
        completion(lags.isEmpty ? nil : lags.removeFirst())
    }

    func flush(_ database: FollowedDatabase) {}

    func ended(_ catchUp: CatchUp, failure: DatabaseMachine.FeedEnd?) {
        isOver = true
        self.failure = failure
    }
}
