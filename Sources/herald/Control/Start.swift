import ArgumentParser
import Control

struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Starts a notifier or daemon that was stopped, or that has died too often.",
        discussion: ChildOptions.exitStatuses
    )

    @OptionGroup var child: ChildOptions

    func run() async throws {
        try await child.perform(.start, "starting")
    }
}
