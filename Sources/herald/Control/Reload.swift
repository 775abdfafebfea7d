import ArgumentParser
import Control
import Processes

struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Has the running service read its configuration anew.",
        discussion: """
            Shows what has changed, a line each. If the configuration has any fault, the one that was in force goes on, \
            and all faults are shown on stderr. The service reads the files that it was started with; -c only tells \
            where it is.

            Exits with 0, with 78 if the configuration has faults, with 69 if the service cannot be reached.
            """
    )

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let answer = try await service.ask { client throws(ControlFailure) in try await client.reload() }
        for warning in answer.warnings { StandardStream.error.print(LogText.escaped(warning)) }
        for change in answer.changes { StandardStream.output.print(LogText.escaped(change)) }
        if answer.changes.isEmpty { StandardStream.output.print("nothing has changed") }
    }
}
