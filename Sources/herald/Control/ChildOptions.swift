import ArgumentParser
import Control
import Processes

/// The notifier or daemon that `start`, `stop` and `restart` are about.
struct ChildOptions: ParsableArguments {
    @OptionGroup var service: ServiceOptions

    @Argument(help: "The notifier or daemon; notifier:NAME or daemon:NAME where both have the name.")
    var name: String

    static let exitStatuses = """
        Exits with 0, with 1 if there is no such notifier or daemon, with 69 if the service cannot be reached.
        """

    func validate() throws {
        if name.isEmpty { throw ValidationError("Name a notifier or a daemon.") }
    }

    /// Has `action` done and tells of it: the name, and what is `done`.
    func perform(_ action: ChildAction, _ done: String) async throws {
        try await service.ask { client throws(ControlFailure) in try await client.perform(action, on: name) }
        StandardStream.output.print(LogText.escaped("\(name): \(done)"))
    }
}
