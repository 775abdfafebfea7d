import Testing

@testable import Settings

/// Splitmix64: the same numbers for the same seed, everywhere.
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

@Suite("Random input")
struct RandomInputTests {
    private static let pieces = [
        "[os_daemons]\n", "[daemon:x]\n", "[os_daemon_settings]\n", "max_retries = 3\n", "retry_time = 5\n",
        "retry_time = 1.5h\n", "listen = *:1\n", "listen = [::1]:99999\n", "listen =\n",
        "[source]\n", "[herald]\n", "[update_notification]\n", "[notifier:x]\n", "[", "]", "=",
        ";", " ;", "\n", "\r\n",
        " ", "\t",
        "url = http://u:p@h:1/x\n", "url = http://[::1%25e]:1\n", "url", "://", "@", ":", "%", "%41", "[::",
        "username = u\n",
        "password = p\n", "password_file = f\n", "token_file = f\n", "databases = a*, !b?, _c\n", "since = 0\n",
        "heartbeat = 1.5s\n", "heartbeat = 99999999999999999999h\n", "x = sh -c 'a; b' \"$(c `d` ${e:-f})\"\n",
        "x = '\n",
        "environment = A=\"b, \\\"c\\\\\", D=e\n", "types = updated, created\n", "working_directory = ../\n",
        "merge = never\n", "merge = 1.5s\n", "merge_at = 3\n", "confirm = yes\n", "confirm = omprog\n", "window = 5\n",
        "attempts = unlimited\n", "attempts = 99999999999999999999\n", "confirm_timeout = 1h\n", "outbox = 1.5MB\n",
        "outbox = 99999999999GB\n", "detail = doc\n", "state_dir = ./\n", "forget_after = 99999999999999d\n",
        "stop_timeout = 10ms\n", "\u{feff}", "\u{e9}", "#", "\\", "\"", "'", "`", "${", "$(", ",", "!", "*", "\u{0}",
        "log_level = info\n",
    ].map { Array($0.utf8) }

    @Test(
        "no text traps, and whatever it is, it gives settings or faults that are one line each",
        arguments: 0..<8 as Range<UInt64>
    )
    func neverTraps(seed: UInt64) throws {
        var random = Generator(state: seed)
        for _ in 0..<500 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                bytes += Self.pieces.randomElement(using: &random) ?? []
            }
            for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 1...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.removeSubrange(place...)
                }
            }
            let half = bytes.count / 2
            let texts = [bytes[..<half], bytes[half...]].map {
                ConfigurationText(file: "f", folder: "/", bytes: Array($0))
            }
            do throws(Faults) {
                let settings = try HeraldSettings.interpret(texts, environment: [:], files: files(["/f": "s"]))
                #expect(settings.summary().hasSuffix("\n"))
                let shown = ShownConfiguration(settings.layers)
                for section in settings.layers.sectionNames {
                    let keys = settings.layers.keys(of: section).map(maskingCredentials)
                    #expect(shown.section(section).map(\.key) == keys)
                }
                #expect(LayersDifference(from: settings.layers, to: settings.layers).isEmpty)
            } catch {
                #expect(!error.faults.isEmpty)
                #expect(error.faults.allSatisfy { !$0.description.contains("\n") && !$0.hint.isEmpty })
            }
        }
    }

    @Test("long input is read in time that grows with its length", .timeLimit(.minutes(1)))
    func longInput() {
        let texts = [
            String(repeating: "[source]\n", count: 100_000),
            "[update_notification]\nx = a\n" + String(repeating: " b\n", count: 100_000),
            "[update_notification]\n" + (0..<20_000).map { "n\($0) = a\n" }.joined(),
            "[update_notification]\nx = " + String(repeating: "`\"$(", count: 50_000),
            "[source]\n" + String(repeating: "x\n", count: 100_000),
            (0..<3_000).map { "[notifier:n\($0)]\nmerge = no\n" }.joined(),
        ]
        for text in texts {
            _ = faults(text)
        }
    }
}
