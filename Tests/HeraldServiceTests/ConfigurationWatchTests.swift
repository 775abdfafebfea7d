import Glibc
import NIOConcurrencyHelpers
import Processes
import TestSupport
import Testing

@testable import HeraldService

/// A configuration that changes at certain moments of a time that moves only while somebody sleeps.
private final class ScriptedFiles: Sendable {
    private struct State {
        var now: ContinuousClock.Instant
        var read: [Duration] = []
        var latest = ScriptedFiles.fingerprint(0)
    }

    private let start = ContinuousClock.now
    private let end: Duration
    private let changes: [Duration]
    private let state: NIOLockedValueBox<State>

    init(changes: [Duration], end: Duration) {
        self.changes = changes
        self.end = end
        state = NIOLockedValueBox(State(now: start))
    }

    /// How much time has passed whenever the configuration was to be read.
    var read: [Duration] { state.withLockedValue { $0.read } }
    var isOver: Bool { passed >= end }
    private var passed: Duration { state.withLockedValue { $0.now - start } }

    /// The watch of these files; reading them takes `reading`.
    func watch(reading: Duration = .zero) -> ConfigurationWatch {
        ConfigurationWatch(
            time: Timekeeper(
                now: { self.state.withLockedValue { $0.now } },
                sleep: { instant in
                    if self.isOver { return await Timekeeper.system.sleep(.now + .seconds(3600)) }
                    self.state.withLockedValue { $0.now = max($0.now, instant) }
                }
            ),
            read: { self.state.withLockedValue { $0.latest } },
            look: { self.current },
            changed: {
                let current = self.current
                self.state.withLockedValue {
                    $0.latest = current
                    $0.read.append($0.now - self.start)
                    $0.now += reading
                }
            }
        )
    }

    private var current: ConfigurationFingerprint { Self.fingerprint(changes.count { $0 <= passed }) }

    private static func fingerprint(_ version: Int) -> ConfigurationFingerprint {
        ConfigurationFingerprint(files: [.init(path: "a.ini", stamp: .absent(error: Int32(version)))])
    }
}

@Suite("Watching the configuration", .timeLimit(.minutes(5)))
struct ConfigurationWatchTests {
    /// When the configuration is read that changes at these moments, all in milliseconds.
    private func reads(changes: [Int], reading: Int = 0) async throws -> [Duration] {
        let files = ScriptedFiles(changes: changes.map { .milliseconds($0) }, end: .seconds(10))
        let watch = files.watch(reading: .milliseconds(reading))
        let task = Task { await watch.run() }
        try await eventually("the end of the script") { files.isOver }
        task.cancel()
        await task.value
        return files.read
    }

    @Test("a change is read within 700 ms, whenever it comes", arguments: [0, 1, 499, 500, 501, 730, 999])
    func inTime(change: Int) async throws {
        let reads = try await reads(changes: [change])
        #expect(reads.count == 1)
        let delay = try #require(reads.first) - .milliseconds(change)
        #expect(delay >= .milliseconds(200) && delay <= .milliseconds(700))
    }

    @Test("changes that follow each other closely are read once, when they are over")
    func burst() async throws {
        let reads = try await reads(changes: Array(stride(from: 1000, through: 3000, by: 100)))
        #expect(reads.count == 1)
        let delay = try #require(reads.first) - .milliseconds(3000)
        #expect(delay >= .milliseconds(200) && delay <= .milliseconds(400))
    }

    @Test("a change while the configuration is read is read too")
    func whileReading() async throws {
        let reads = try await reads(changes: [1000, 1900], reading: 2000)
        #expect(reads.count == 2)
    }

    @Test("nothing is read that does not change")
    func still() async throws {
        #expect(try await reads(changes: []).isEmpty)
    }

    @Test("a replaced file, a new one in a folder and a removed one are noticed as they are on the disk")
    func real() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a.ini", "[x]\n")
        try folder.makeFolder("d")
        let paths = [folder.path("a.ini"), folder.path("d")]
        let count = NIOLockedValueBox(0)
        let read = NIOLockedValueBox(ConfigurationFingerprint(paths: paths))
        let watch = ConfigurationWatch(paths: paths) {
            read.withLockedValue { $0 }
        } changed: {
            read.withLockedValue { $0 = ConfigurationFingerprint(paths: paths) }
            count.withLockedValue { $0 += 1 }
        }
        let task = Task { await watch.run() }

        // Renamed into place, so that each is one change however slow the machine is.
        try folder.write("new", "[x]\n")
        try #require(rename(folder.path("new"), folder.path("a.ini")) == 0)
        try await eventually("the replaced file is noticed") { count.withLockedValue { $0 } == 1 }
        try folder.write("new", "[x]\n")
        try #require(rename(folder.path("new"), folder.path("d/b.ini")) == 0)
        try await eventually("the new file is noticed") { count.withLockedValue { $0 } == 2 }
        unlink(folder.path("d/b.ini"))
        try await eventually("the removed file is noticed") { count.withLockedValue { $0 } == 3 }

        task.cancel()
        await task.value
    }
}
