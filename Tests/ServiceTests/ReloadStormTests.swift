import Glibc
import PocketCouch
import Status
import TestSupport
import Testing

@Suite("Many reloads")
struct ReloadStormTests {
    /// How many: as `HERALD_RELOADS` of the environment says.
    private static let reloads = getenv("HERALD_RELOADS").flatMap { Int(String(cString: $0)) } ?? 1000
    /// What is written: as `HERALD_SEED` says.
    private static let seed = getenv("HERALD_SEED").flatMap { UInt64(String(cString: $0)) } ?? 0x48_6572_616c

    /// Notifiers that are never touched.
    private static let steady = ["plain", "exact", "sure"]

    @Test("While much is written nothing is lost for those who are not touched, all is in order, lives are true")
    func storm() async throws {
        let chronicle = Chronicle()
        let stage = try Stage(state: chronicle.state)
        let sure = try stage.script(
            "sure",
            #"while IFS= read -r line; do printf '%s\n' "$line" >> sure; echo ok; done"#
        )
        let author = try Chronicle.Author(chronicle, seed: Self.seed)
        var options = PocketCouch.Configuration()
        options.bellWindow = .milliseconds(50)
        var play = try await LivePlay(stage, Self.steady + ["picky", "other"], server: options) {
            $0.herald = "log_level = info"
            $0.notifiers["sure"] = sure
            $0.options["sure"] = "detail = change\nconfirm = yes\nwindow = 20"
            $0.options["plain"] = nil
        }
        var pids: [String: Int32] = [:]
        for name in Self.steady + ["picky"] { pids[name] = try await play.pid(of: name) }
        let writing = Self.write(author)
        var judge = Judge(stage)
        var early: Resources?

        var random = SeededGenerator(seed: Self.seed)
        var changed = 0
        let files = try Self.prepare(&play)
        for round in 1...Self.reloads {
            // Written long ago and put in place at once, so that nobody has to wait until things are quiet.
            try #require(symlink(files[round % 16], stage.folder.path("next")) == 0)
            try #require(rename(stage.folder.path("next"), play.path) == 0)
            let changes = try await play.reloadOnly()
            changed += changes.isEmpty ? 0 : 1
            // Some hubs come no further than their first question, others follow for a while.
            if round % 3 == 0 { try await Task.sleep(for: .milliseconds(Int.random(in: 0...60, using: &random))) }
            if round % 10 == 0 { try judge.hear(chronicle) }
            if round == Self.reloads / 4 { early = try Resources(of: play.herald.pid) }
        }
        let late = try Resources(of: play.herald.pid)

        writing.cancel()
        var last = try await writing.value
        try last.touchAll()
        let truth = chronicle.databases
        do {
            try await eventually("all are told all", every: .milliseconds(50)) {
                try judge.hear(chronicle)
                return judge.ignorance(truth).isEmpty
            }
        } catch {
            let lost = judge.ignorance(truth).prefix(20)
            Issue.record("\(error); lost: \(lost)\n\(play.herald.transcript)")
        }
        #expect(judge.faults.prefix(20) == [], "HERALD_SEED=\(Self.seed)")
        for (name, pid) in pids { #expect(try await play.pid(of: name) == pid, "\(name)") }
        let before = try #require(early)
        // Whoever is being stopped and the requests under way have some each.
        #expect(late.descriptors < before.descriptors + 60)
        #expect(late.memory < before.memory + 40_000, "kB")
        #expect(play.herald.log(" error: ").isEmpty, "\(play.herald.log(" error: ").prefix(5))")
        // Where the machine is busy the watch may read a change before it is told to: then the answer has none.
        #expect(try await play.report().herald.configuration.reloads >= changed)
        print(
            """
            \(Self.reloads) reloads, \(changed) of them with changes: \(truth.values.joined().map(\.changes.count).reduce(0, +)) changes in \
            \(truth.values.map(\.count).reduce(0, +)) lives; memory \(before.memory) kB, then \(late.memory) kB; \
            descriptors \(before.descriptors), then \(late.descriptors)
            """
        )
        try await play.end()
    }

    /// The files of 16 rounds, after which all comes again; made when things are quiet.
    private static func prepare(_ play: inout LivePlay) throws -> [String] {
        var files = Array(repeating: "", count: 16)
        for round in 0..<32 {
            change(&play.configuration, round)
            files[round % 16] = try play.stage.folder.write("round\(round % 16)", play.configuration.text)
        }
        return files
    }

    /// Another thing in each round.
    private static func change(_ configuration: inout LiveConfiguration, _ round: Int) {
        let isOdd = round / 8 % 2 == 0
        switch round % 8 {
        case 0:
            configuration.notifiers["extra"] = isOdd ? "cat >> extra" : nil
            configuration.options["extra"] = isOdd ? "detail = change\nsince = now" : nil
        case 1: configuration.options["picky"] = "detail = change\ndatabases = \(isOdd ? "a, b, mortal" : "*")"
        case 2: configuration.options["picky"] = "detail = change\ntypes = \(isOdd ? "created, deleted" : "updated")"
        case 3: configuration.notifiers["other"] = "cat \(isOdd ? "-u" : "") >> other"
        case 4: configuration.heartbeat = isOdd ? "2s" : "1s"
        case 5: configuration.options["other"] = "detail = \(isOdd ? "doc" : "none")"
        case 6: configuration.options["other"] = "stop_timeout = \(isOdd ? 3 : 4)s\nmerge = \(isOdd ? "10ms" : "never")"
        default: configuration.source = "since = 0\nrescan = \(isOdd ? 300 : 200)ms"
        }
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

    /// What the three have been told, against what is true. One Herald tells it all: nothing is excused by an end.
    private struct Judge {
        private var plain = PlainWitness()
        private var witnesses: [String: Witness] = ["exact", "sure"].reduce(into: [:]) {
            $0[$1] = Witness(joinsOften: true)
        }
        private var files: [String: ToldFile] = [:]

        init(_ stage: Stage) {
            for name in ReloadStormTests.steady { files[name] = ToldFile(stage.folder.path(name)) }
        }

        var faults: [String] {
            plain.faults.map { "plain: \($0)" }
                + witnesses.sorted { $0.key < $1.key }
                .flatMap { name, witness in witness.faults.map { "\(name): \($0)" } }
        }

        mutating func hear(_ chronicle: Chronicle) throws {
            var news: [String: [[UInt8]]] = [:]
            for name in files.keys { news[name] = try files[name]?.news() }
            // Asked for behind the lines, which tell nothing that is not in it then.
            let truth = chronicle.databases
            for (name, lines) in news {
                if name == "plain" { plain.hear(lines) } else { witnesses[name]?.hear(lines, truth) }
            }
        }

        func ignorance(_ truth: [String: [Chronicle.Life]]) -> [String] {
            plain.ignorance(truth).map { "plain: \($0)" }
                + witnesses.flatMap { name, witness in witness.ignorance(truth).map { "\(name): \($0)" } }
        }
    }
}
