import ArgumentParser
import CLinux
import Glibc
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
            StandardStream.output.write(DeadLetterTable(letters, width: Self.width).text)
        }
    }

    /// The width of the terminal, as the shell or the terminal tells; nil where the output goes elsewhere.
    private static var width: Int? {
        if let columns = ChildEnvironment.ofThisProcess()["COLUMNS"].flatMap({ Int($0) }), columns > 0 {
            return columns
        }
        let width = Int(herald_terminal_width(STDOUT_FILENO))
        return width > 0 ? width : nil
    }
}
