import ArgumentParser
import HeraldService
import Logging
import PocketCouch
import Processes
import ServiceLifecycle
import Settings

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows notices arriving, without a CouchDB.",
        discussion: """
            Starts an embedded server on a free loopback port and three notifiers, tells a short story to the server, \
            and shows each notice as a notifier receives it. Goes on until Ctrl-C.
            """
    )

    @Option(help: "End by itself after so many seconds.")
    var seconds: Int?

    func validate() throws {
        if let seconds, !(1...86_400).contains(seconds) {
            throw ValidationError("--seconds takes a whole number from 1 to 86400.")
        }
    }

    func run() async throws {
        SignalDefaults.ignoreBrokenPipes()
        let server = PocketCouch()
        try await server.start()
        let board = NoticeBoard()
        let folder = try PassingFolder()
        defer { folder.remove() }
        let settings = try HeraldSettings.interpret(
            [
                (
                    file: "the demo", folder: "/",
                    bytes: Array(Self.configuration(url: server.url, state: folder.path).utf8)
                )
            ],
            environment: [:]
        )
        let logSettings = LiveLogSettings(settings.log)
        let log = Logger(label: "herald") { _ in StandardErrorLog(logSettings) }
        try Machine.allowFiles(log: log)
        let (store, contents) = try await openStore(of: settings)
        let service = HeraldService(
            settings: settings,
            store: store,
            contents: contents,
            environment: ChildEnvironment.ofThisProcess(),
            logSettings: logSettings,
            log: log,
            output: { DemoOutput(notifier: $0, board: board) }
        )
        let story = Story(url: server.url, configuration: Self.notifiers, board: board)
        let group = ServiceGroup(running: service, StoryTelling(story: story), log: log)
        await withTaskGroup { tasks in
            if let seconds {
                tasks.addTask {
                    // Cancelled together with the rest if Ctrl-C comes first.
                    if (try? await Task.sleep(for: .seconds(seconds))) != nil { await group.triggerGracefulShutdown() }
                }
            }
            try? await group.run()
            tasks.cancelAll()
        }
        await server.stop()
    }

    private static let notifiers = """
        [update_notification]
        everything = cat
        orders = cat
        designs = cat
        [notifier:orders]
        databases = orders
        types = updated
        [notifier:designs]
        types = ddoc_updated
        """

    /// `since = 0`, so that nothing depends on whether the story or the watching begins first.
    private static func configuration(url: String, state: String) -> String {
        """
        [herald]
        log_level = warning
        listen =
        state_dir = \(state)
        [source]
        url = \(url)
        since = 0
        rescan = 500ms
        \(notifiers)
        """
    }
}

/// The story as a part of what runs: so it begins when signals are heard, and a signal ends it.
private struct StoryTelling: Service {
    let story: Story

    func run() async throws {
        await cancelWhenGracefulShutdown {
            do {
                try await story.tell()
            } catch is CancellationError {
                // Ended in mid-story, by the person who watches.
            } catch {
                StandardStream.error.print("the demo's own server did not answer: \(error)")
            }
        }
        // A service that returns would end the others.
        try? await gracefulShutdown()
    }
}
