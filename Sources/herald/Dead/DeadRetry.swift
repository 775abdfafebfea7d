import ArgumentParser
import Store

struct DeadRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Has dead letters delivered again.",
        discussion: "A running service sees it within seconds; otherwise they are delivered at its next start."
    )

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var letters: DeadLetterOptions

    func run() async throws {
        try await letters.apply("to be delivered again", in: configuration) { view, selection throws(StoreError) in
            try await view.retry(selection)
        }
    }
}
