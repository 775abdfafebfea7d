import ArgumentParser
import Processes
import Settings
import Status
import Store

struct DeadShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows all that is known of a dead letter; its last line is the line that was given up."
    )

    @OptionGroup var configuration: ConfigurationOptions

    @Argument(help: "The id, as 'herald dead list' shows it.")
    var id: Int64

    func run() async throws {
        let settings = try configuration.load()
        try await StoreAccess.showingErrors {
            guard let view = try Store.look(at: settings.store.folder) else { throw Dead.unknown([id]) }
            defer { view.close() }
            guard let letter = try await view.deadLetter(id) else { throw Dead.unknown([id]) }
            StandardStream.output.write(Self.text(letter))
        }
    }

    private static func text(_ letter: DeadLetter) -> String {
        let members = [
            ("id", "\(letter.id)"),
            ("notifier", letter.notifier),
            ("database", letter.database),
            ("first delivered", Timestamp.text(milliseconds: letter.firstDelivered)),
            ("died", Timestamp.text(milliseconds: letter.died)),
            ("deliveries", "\(letter.deliveries)"),
            ("to be retried", letter.isToBeRetried ? "yes" : "no"),
            ("reason", letter.reason),
        ]
        let lines = members.map { name, value in
            "\(name)\(String(repeating: " ", count: 17 - name.count))\(LogText.escaped(value))\n"
        }
        return lines.joined() + "line\n\(LogText.escaped(letter.line))\n"
    }
}
