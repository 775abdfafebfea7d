import ArgumentParser
import Control

struct Restart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stops a notifier or daemon and starts it again.",
        discussion: ChildOptions.exitStatuses
    )

    @OptionGroup var child: ChildOptions

    func run() async throws {
        try await child.perform(.restart, "restarting")
    }
}
