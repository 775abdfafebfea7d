import CouchFeed
import Logging
import Notices
import Processes
import Settings
import Store
import TestSupport
import Testing

@testable import HeraldService

@Suite("What a changed notifier takes")
struct RunningNotifierTests {
    typealias Change = RunningNotifier.Change

    private static let base = """
        [update_notification]
        n = cat
        [notifier:n]
        """
    private static let confirming = base + "\nconfirm = yes"

    private static func settings(_ folder: TemporaryFolder, _ text: String) throws -> HeraldSettings {
        try HeraldSettings.load(paths: [try folder.write("h.ini", text + "\n")], environment: [:])
    }

    private static func change(_ old: String, _ new: String) async throws -> Change {
        let folder = try TemporaryFolder()
        let store = try Store.open(folder.path("state"))
        defer { store.close() }
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let keeper = CursorKeeper(
            store: store,
            contents: try await store.contents(),
            members: [CursorKeeper.Member(name: "n")],
            forgetAfter: .seconds(3600),
            log: log
        )
        let before = try settings(folder, old)
        let running = RunningNotifier(
            try #require(before.notifiers.first),
            of: before.source,
            command: ChildCommands(environment: [:]).command(of: try #require(before.notifiers.first)),
            lines: LineBook(),
            ledger: keeper.ledger(of: "n"),
            output: nil,
            log: log
        ) {}
        return running.change(to: try #require(try settings(folder, new).notifiers.first))
    }

    @Test("Nothing, where only its place in the file has changed, or a default was written down")
    func none() async throws {
        #expect(try await Self.change(Self.base, "; above\n" + Self.base) == .none)
        #expect(try await Self.change(Self.base, Self.base + "\ndetail = none\nstop_timeout = 5s") == .none)
    }

    @Test(
        "The process and the outbox are told, and no feed is touched",
        arguments: [
            "types = created", "outbox = 64kB", "stop_timeout = 1s", "environment = A=b", "working_directory = /tmp",
        ]
    )
    func tell(key: String) async throws {
        #expect(try await Self.change(Self.base, Self.base + "\n" + key) == .tell)
        #expect(try await Self.change(Self.base + "\n" + key, Self.base) == .tell)
        let both = Self.base.replacing("n = cat", with: "n = cat -u") + "\n" + key
        #expect(try await Self.change(Self.base, both) == .tell)
    }

    @Test("Another command alone leaves the feeds as they are")
    func command() async throws {
        #expect(try await Self.change(Self.base, Self.base.replacing("n = cat", with: "n = cat -u")) == .tell)
    }

    @Test(
        "It is followed for in another way",
        arguments: [
            "databases = d*", "detail = change", "detail = doc", "merge = never", "merge = 1s",
            "merge = 1s\nmerge_at = 9", "since = 0",
        ]
    )
    func follow(keys: String) async throws {
        #expect(try await Self.change(Self.base, Self.base + "\n" + keys) == .follow)
        #expect(try await Self.change(Self.base + "\n" + keys, Self.base) == .follow)
        #expect(try await Self.change(Self.base, Self.base + "\ntypes = created\n" + keys) == .follow)
    }

    @Test("Limits of confirmation are told; how many lines may be under way says how the feeds are read, too")
    func limits() async throws {
        for key in ["confirm_timeout = 1s", "attempts = 2"] {
            #expect(try await Self.change(Self.confirming, Self.confirming + "\n" + key) == .tell)
        }
        #expect(try await Self.change(Self.confirming, Self.confirming + "\nwindow = 3") == .follow)
    }

    @Test("Whether and how it confirms does not: all of it is made anew")
    func replace() async throws {
        let omprog = Self.base + "\nconfirm = omprog"
        for (old, new) in [
            (Self.base, Self.confirming), (Self.confirming, Self.base), (Self.confirming, omprog),
            (omprog, Self.confirming), (Self.base, omprog), (omprog, Self.base),
        ] {
            #expect(try await Self.change(old, new) == .replace)
        }
        #expect(try await Self.change(Self.base, Self.confirming + "\ntypes = created") == .replace)
    }
}
