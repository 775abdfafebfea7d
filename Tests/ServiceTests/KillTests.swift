import Glibc
import PocketCouch
import Store
import TestSupport
import Testing

@Suite("Herald is killed")
struct KillTests {
    /// How often: as `HERALD_KILLS` of the environment says.
    private static let kills = getenv("HERALD_KILLS").flatMap { Int(String(cString: $0)) } ?? 200
    /// Which moments: as `HERALD_SEED` says.
    private static let seed = getenv("HERALD_SEED").flatMap { UInt64(String(cString: $0)) } ?? 0x48_6572_616c

    @Test("Nothing is lost, all is in order, created and deleted are true, and little is repeated with confirm")
    func killed() async throws {
        var siege = try await Siege(seed: Self.seed)
        for _ in 0..<Self.kills { try await siege.killOnce() }
        try await siege.settle()
        print("HERALD_SEED=\(Self.seed): \(siege.summary)")
        #expect(siege.faults.isEmpty, "HERALD_SEED=\(Self.seed): \(siege.summary)")
        #expect(siege.faults.prefix(20) == [], "HERALD_SEED=\(Self.seed)")
    }
}

/// A server that is written to, three notifiers, and one Herald after the other, each of which is killed.
private struct Siege {
    private static let window = 50

    private let stage: Stage
    private let chronicle = Chronicle()
    private let server: PocketCouch
    private let configuration: String
    private var random: SeededGenerator
    private var author: Task<Chronicle.Author, any Error>
    private var plain = PlainWitness()
    private var witnesses = ["exact": Witness(), "sure": Witness()]
    private var files: [String: ToldFile] = [:]
    /// When the confirming notifier's file had which size.
    private var samples: [(time: ContinuousClock.Instant, size: Int)] = []
    /// The longest time between two looks at it while the last Herald lived: how busy the machine is.
    private var longestPause = Duration.zero
    private var round = 0
    private var progress = 0
    private var repeats: [Int] = []
    private var ownFaults: [String] = []
    private var excesses: [String] = []

    init(seed: UInt64) async throws {
        stage = try Stage(state: chronicle.state)
        server = try await stage.server { $0.bellWindow = .milliseconds(50) }
        random = SeededGenerator(seed: seed)
        // It rests now and then, so that lines wait for it: in its pipe, in its outbox, on the server.
        let sure = try stage.script(
            "sure",
            #"""
            exec 3>> sure
            while IFS= read -r line; do
                printf '%s\n' "$line" >&3
                count=$((count + 1)); [ $((count % 40)) -ne 0 ] || sleep 0.03
                echo ok
            done
            """#
        )
        configuration = try stage.configuration(
            url: server.url,
            source: "since = 0",
            notifiers: [("plain", "cat >> plain"), ("exact", "cat >> exact"), ("sure", sure)],
            more: """
                [notifier:exact]
                detail = change
                [notifier:sure]
                detail = change
                confirm = yes
                window = \(Self.window)
                """
        )
        for name in ["plain", "exact", "sure"] { files[name] = ToldFile(stage.folder.path(name)) }
        let first = try Chronicle.Author(chronicle, seed: seed &+ 1)
        author = Self.write(first)
    }

    var faults: [String] {
        ownFaults + plain.faults.map { "plain: \($0)" }
            + witnesses.sorted { $0.key < $1.key }.flatMap { name, witness in witness.faults.map { "\(name): \($0)" } }
            + (excesses.count > max(2, round / 50) ? excesses : [])
    }

    var summary: String {
        let lives = chronicle.databases.values.map(\.count).reduce(0, +)
        let changes = chronicle.databases.values.joined().map(\.changes.count).reduce(0, +)
        let told = files.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.ends.count)" }.joined(separator: ", ")
        return """
            \(round) kills, \(progress) of them after lines had come; \(changes) changes in \(lives) lives of 5 databases; \
            lines told: \(told); repeated to the one that confirms: \(repeats.reduce(0, +)), at most \
            \(repeats.max() ?? 0) at once; \(faults.count) faults
            """
    }

    /// Lets the author write until the task is cancelled.
    private static func write(_ author: Chronicle.Author) -> Task<Chronicle.Author, any Error> {
        Task {
            var author = author
            while !Task.isCancelled {
                try author.act()
                // The pace of what is written; nothing is waited for.
                try? await Task.sleep(for: .milliseconds(3))
            }
            return author
        }
    }

    // MARK: Killing

    /// Starts Herald, kills it at a random moment, and judges what it told.
    mutating func killOnce() async throws {
        round += 1
        look()
        longestPause = .zero
        let herald = try HeraldProcess(["run", "-c", configuration])
        let told = files["sure"]?.size ?? 0
        switch Int.random(in: 0..<10, using: &random) {
        case ..<2:
            // While it starts.
            try await pass(0...80)
        case ..<4:
            try await sample(herald) { $0.log("databases on the server").isEmpty == false }
            try await pass(0...60)
        default:
            try await sample(herald) { [files] _ in files["sure"].map { $0.size > told } ?? true }
            try await pass(round % 50 == 0 ? 1500...2500 : 0...120)
        }
        herald.send(signal: SIGKILL)
        let killed = ContinuousClock.now
        let exit = try await herald.waitForExit()
        if exit != .signal(SIGKILL) { ownFaults.append("\(exit) in round \(round): \(herald.transcript)") }
        try await eventually("the notifiers have ended") {
            !RunningProcess.isAny(in: stage.folder.path)
        }
        let before = files["sure"]?.ends.count ?? 0
        try judge(isOver: true)
        let hasProgressed = files["sure"].map { $0.ends.count > before } ?? false
        if hasProgressed { progress += 1 }
        judgeRepeats(killed, hasProgressed: hasProgressed)
        if round % 8 == 0 { try await judgeStore() }
    }

    private mutating func pass(_ milliseconds: ClosedRange<Int>) async throws {
        let end = ContinuousClock.now + .milliseconds(Int.random(in: milliseconds, using: &random))
        while ContinuousClock.now < end {
            look()
            try await Task.sleep(until: min(end, .now + .milliseconds(20)), clock: .continuous)
        }
    }

    private mutating func sample(_ herald: HeraldProcess, until condition: (HeraldProcess) -> Bool) async throws {
        let end = ContinuousClock.now + .patience
        while !condition(herald) {
            guard ContinuousClock.now < end, herald.exit == nil else {
                throw TestFailure("no progress in round \(round): \(herald.transcript)")
            }
            look()
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private mutating func look() {
        let now = ContinuousClock.now
        if let last = samples.last, now - last.time < .seconds(60) { longestPause = max(longestPause, now - last.time) }
        samples.append((now, files["sure"]?.size ?? 0))
    }

    // MARK: Judging

    /// - Parameter isOver: The Herald that told it is dead, and its notifiers too.
    private mutating func judge(isOver: Bool) throws {
        let truth = chronicle.databases
        for name in ["plain", "exact", "sure"] {
            guard var file = files[name] else { continue }
            let lines = try file.news()
            if isOver { try file.cutHalfLine() }
            files[name] = file
            if name == "plain" {
                plain.hear(lines)
                if isOver { plain.begin() }
            } else {
                witnesses[name]?.hear(lines, truth)
                if name == "sure", isOver { repeats.append(witnesses[name]?.repeats ?? 0) }
                if isOver { witnesses[name]?.begin() }
            }
        }
    }

    /// What came a second time is at most the window, as much again while it catches up, where not each line has a place
    /// of its own, and what was confirmed since the last save, or a moment ago while it joined the shared feed, which may
    /// have been a little behind. Where the machine stood still meanwhile that moment was longer: it is rare, and judged
    /// at the end.
    private mutating func judgeRepeats(_ killed: ContinuousClock.Instant, hasProgressed: Bool) {
        // A life that told nothing has nothing to save, but writes to the store's files while it starts.
        defer { allowed = max(confirmedLately(killed), hasProgressed ? 0 : allowed) }
        guard let repeated = repeats.last, repeated > 2 * Self.window + allowed else { return }
        excesses.append("round \(round): \(repeated) lines repeated, \(allowed) had just been confirmed")
    }

    /// What may be repeated beside the window when the last Herald was killed.
    private var allowed = 0

    private func confirmedLately(_ killed: ContinuousClock.Instant) -> Int {
        // Saves and feeds are late by a second at the most; by more where the machine is busy.
        let late = max(.milliseconds(1250), longestPause * 20)
        // Each save is written to the log. (The database's file is written to by checkpoints.)
        let age = ageOfFile(stage.folder.path("herald-state/herald.sqlite-wal")) ?? .seconds(3600)
        let since = min(killed - late, ContinuousClock.now - age)
        let place = samples.last { $0.time <= since }?.size ?? 0
        return files["sure"]?.count(behind: place) ?? 0
    }

    /// No cursor is ahead of what was told.
    private mutating func judgeStore() async throws {
        let store = try Store.open(stage.folder.path("herald-state"))
        let contents = try await store.contents()
        store.close()
        let truth = chronicle.databases
        for position in contents.positions {
            // This server's seqs begin with the number of the change.
            guard let seq = position.seq.map({ String(decoding: $0.drop { $0 == UInt8(ascii: "\"") }, as: UTF8.self) }),
                let number = Int(seq.prefix { $0 != "-" }), let instance = position.startTime
            else { continue }
            for follower in contents.followers where position.followers.contains(follower.id) {
                guard let witness = witnesses[follower.name] else { continue }
                for unknown in witness.knows(position.database, instance, upTo: number, truth) {
                    ownFaults.append("round \(round): the cursor of \(follower.name) passes over \(unknown)")
                }
            }
        }
    }

    /// The last Herald is left in peace, until all are told all.
    mutating func settle() async throws {
        author.cancel()
        var last = try await author.value
        // Herald is dead now: what is written here has certainly been told by nobody.
        try last.touchAll()
        let herald = try HeraldProcess(["run", "-c", configuration])
        let truth = chronicle.databases
        do {
            try await eventually("all are told all", every: .milliseconds(50)) {
                try judge(isOver: false)
                return ignorance(truth).isEmpty
            }
        } catch {
            ownFaults.append("\(error); lost: \(ignorance(truth).prefix(20))\n\(herald.transcript)")
        }
        herald.terminate()
        let exit = try await herald.waitForExit()
        if exit != .status(0) { ownFaults.append("\(exit) at the end") }
        try judge(isOver: true)
        await server.stop()
    }

    private func ignorance(_ truth: [String: [Chronicle.Life]]) -> [String] {
        plain.ignorance(truth).map { "plain: \($0)" }
            + witnesses.flatMap { name, witness in witness.ignorance(truth).map { "\(name): \($0)" } }
    }
}
