import ArgumentParser
import Settings
import Store

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads the configuration, looks at the store, and shows what would run.",
        discussion: """
            Exits with 0, or shows every fault of the configuration, one a line on stderr, and exits with 78; with 74 if \
            the store is damaged or cannot be used.
            """
    )

    @OptionGroup var configuration: ConfigurationOptions

    func run() async throws {
        let settings = try configuration.load()
        for warning in settings.warnings { StandardStream.error.print("\(warning)") }
        StandardStream.output.write(settings.summary())
        try await StoreAccess.showingErrors {
            guard let view = try Store.look(at: settings.store.folder) else { return }
            defer { view.close() }
            _ = try await view.contents()
        }
    }
}
