import Glibc
import PocketCouch
import TestSupport
import Testing

@Suite("A notifier that confirms is tormented")
struct NotifierKillTests {
    private enum Torment: CaseIterable {
        /// kill -9.
        case kill
        /// Stopped by SIGSTOP, so that it answers nothing in time.
        case freeze
        /// It answers something that is no answer.
        case garbage
        /// It ends by itself, without an answer to what it has read.
        case leave
        /// It dies in the midst of an answer.
        case half
    }

    private static let seed: UInt64 = 0x4e_6f74_6966
    private static let names = (0..<8).map { "n\($0)" }

    /// Notes what it reads, the beginning of each process too, and misbehaves once when there is a file that tells it to.
    private static func script(_ name: String) -> String {
        #"""
        exec 3>> \#(name)
        printf '\nbegin\n' >&3
        while IFS= read -r line; do
            printf '%s\n' "$line" >&3
            if [ -e \#(name).garbage ]; then rm \#(name).garbage; echo '{"what":1}'; fi
            if [ -e \#(name).leave ]; then rm \#(name).leave; exit 0; fi
            if [ -e \#(name).half ]; then rm \#(name).half; printf dr; kill -9 $$; fi
            echo ok
        done
        """#
    }

    @Test("Killed, frozen, talking garbage, gone in the midst of a line: every line is delivered, and in order")
    func tormented() async throws {
        let chronicle = Chronicle()
        let stage = try Stage(state: chronicle.state)
        let options = Self.names.map { name in
            """
            [notifier:\(name)]
            detail = change
            confirm = yes
            window = 50
            attempts = unlimited
            confirm_timeout = 1s
            stop_timeout = 50ms
            """
        }
        var first = try Chronicle.Author(chronicle, seed: Self.seed)
        let play = try await stage.play(
            try Self.names.map { ($0, try stage.script($0, Self.script($0))) },
            options: "[source]\nsince = 0\n" + options.joined(separator: "\n")
        )
        let author = Task { [first] in
            var author = first
            while !Task.isCancelled {
                try author.act()
                // The pace of what is written; nothing is waited for.
                try? await Task.sleep(for: .milliseconds(3))
            }
            return author
        }
        try await withThrowingTaskGroup { group in
            for (number, name) in Self.names.enumerated() {
                group.addTask {
                    try await Self.torment(name, SeededGenerator(seed: Self.seed + UInt64(number)), play, stage)
                }
            }
            try await group.waitForAll()
        }
        author.cancel()
        first = try await author.value
        let truth = chronicle.databases
        for name in Self.names {
            var (file, witness) = (ToldFile(stage.folder.path(name)), Witness())
            do {
                try await eventually("all is told", every: .milliseconds(50)) {
                    for line in try file.news() {
                        if line == Array("begin".utf8) {
                            witness.begin()
                        } else if line.last == UInt8(ascii: "}") {
                            // Half a line is what a process was writing when it was killed.
                            witness.hear([line], truth)
                        }
                    }
                    return witness.ignorance(truth).isEmpty
                }
            } catch {
                let log = play.herald.log("notifier \(name)").suffix(12).joined(separator: "\n")
                let lost = witness.ignorance(truth).prefix(10)
                Issue.record("seed \(Self.seed), \(name): \(error); lost: \(lost)\n\(log)")
            }
            #expect(witness.faults.prefix(10) == [], "seed \(Self.seed), \(name)")
        }
        #expect(
            try namesInFolder(stage.folder.path).allSatisfy {
                $0.hasSuffix(".sh") || !$0.contains(".") || $0 == "notifiers.ini"
            }
        )
        let dead = try HeraldProcess(["dead", "-c", stage.folder.path("notifiers.ini")])
        _ = try await dead.waitForExit()
        #expect(dead.stdout == [] && dead.stderr.first?.hasPrefix("no dead letters") == true)
        try await play.end()
    }

    /// Does each evil to the notifier once, in random order, each time while it reads, and waits for the next process.
    private static func torment(_ name: String, _ random: SeededGenerator, _ play: Play, _ stage: Stage) async throws {
        var random = random
        for torment in Torment.allCases.shuffled(using: &random) {
            let why =
                switch torment {
                case .kill, .half: "was killed by SIGKILL (9)"
                case .freeze: "no answer within 1 s"
                case .garbage: "which is none of ok, retry, wait and drop"
                case .leave: "exited with status 0"
                }
            func successes() -> Int { play.herald.log("notifier \(name)").count { $0.contains(why) } }
            let before = successes()
            // On a loaded machine it may have been too slow, and been replaced, before this reaches it.
            try await eventually("\(name): \(torment), seed \(seed)") {
                let life = max(play.herald.log("notifier \(name) started").count, 1)
                let process = try await play.process(of: name, life: life)
                let size = stage.size(of: name)
                try await eventually("\(name) reads") { stage.size(of: name) > size }
                // The random moment.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...40, using: &random)))
                switch torment {
                case .kill: kill(process, SIGKILL)
                case .freeze: kill(process, SIGSTOP)
                case .garbage: try stage.folder.write("\(name).garbage", "")
                case .leave: try stage.folder.write("\(name).leave", "")
                case .half: try stage.folder.write("\(name).half", "")
                }
                _ = try await play.process(of: name, life: life + 1)
                return successes() > before
            }
        }
    }
}
