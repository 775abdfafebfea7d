import ArgumentParser
import Store

struct DeadDrop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Deletes dead letters for good."
    )

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var letters: DeadLetterOptions

    func run() async throws {
        try await letters.apply("dropped", in: configuration) { view, selection throws(StoreError) in
            try await view.drop(selection)
        }
    }
}
