import ArgumentParser
import Control

struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stops a notifier or daemon until it is started again.",
        discussion: """
            It stays so until 'herald start' or 'herald restart', or until herald itself is started anew. A notifier \
            is told later what it has missed. \(ChildOptions.exitStatuses)
            """
    )

    @OptionGroup var child: ChildOptions

    func run() async throws {
        try await child.perform(.stop, "stopping; 'herald start \(child.name)' starts it again")
    }
}
