import ArgumentParser
import Processes
import Settings
import Store

struct DeadList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Shows the dead letters, one a line, their id first.",
        discussion: """
            On a terminal, lines are cut at its width. 'show', 'retry' and 'drop' take the ids: see 'herald help dead'.
            """
    )

    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: "Only those of this notifier.")
    var notifier: String?

    func run() async throws {
        let settings = try configuration.load()
        try await StoreAccess.showingErrors {
            var letters: [DeadLetter] = []
            if let view = try Store.look(at: settings.store.folder) {
                defer { view.close() }
                letters = try await view.deadLetters(of: notifier)
            }
            guard !letters.isEmpty else {
                StandardStream.error.print(LogText.escaped(Dead.none(of: notifier)))
                return
            }
            StandardStream.output.write(DeadLetterTable(letters, width: Terminal.current.width).text)
        }
    }
}
