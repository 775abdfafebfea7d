import ArgumentParser
import Processes
import Settings
import Store

struct Dead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the lines that were given up, and delivers them again or drops them.",
        discussion: """
            May be used while the service runs. Exits with 0; with 1 if there is no dead letter with an id that was \
            named, with 74 if the store is damaged or cannot be used.
            """,
        subcommands: [DeadList.self, DeadShow.self, DeadRetry.self, DeadDrop.self],
        defaultSubcommand: DeadList.self
    )

    /// Said where no dead letter is meant, by no id.
    static func none(of notifier: String?) -> String {
        notifier.map { "no dead letters of \($0)" } ?? "no dead letters"
    }

    static func unknown(_ ids: [Int64]) -> ExitCode {
        let list = ids.map { String($0) }.joined(separator: ", ")
        let none = ids.count == 1 ? "no dead letter has the id \(list)" : "no dead letters have the ids \(list)"
        return StoreAccess.refusal("\(none); 'herald dead list' shows those that there are")
    }
}

/// Which dead letters `retry` and `drop` mean.
struct DeadLetterOptions: ParsableArguments {
    @Argument(help: "The ids, as 'herald dead list' shows them.")
    var ids: [Int64] = []

    @Flag(help: "All dead letters.")
    var all = false

    @Option(help: "All dead letters of this notifier.")
    var notifier: String?

    var selection: DeadLetterSelection {
        notifier.map { .of(notifier: $0) } ?? (all ? .all : .ids(ids))
    }

    func validate() throws {
        let ways = [!ids.isEmpty, all, notifier != nil].count { $0 }
        if ways != 1 { throw ValidationError("Name dead letters by their ids, or say --all or --notifier.") }
    }

    /// Does `action` to those that are meant and tells of it: `3 dead letters` and what was `done`.
    func apply(
        _ done: String,
        in configuration: ConfigurationOptions,
        _ action: (StoreView, DeadLetterSelection) async throws(StoreError) -> DeadLetterResult
    ) async throws {
        let settings = try configuration.load()
        try await StoreAccess.showingErrors {
            // Where there is no store there are no dead letters.
            var result: DeadLetterResult = ids.isEmpty ? .done(count: 0) : .unknown(ids)
            if let view = try Store.look(at: settings.store.folder) {
                defer { view.close() }
                result = try await action(view, selection)
            }
            switch result {
            case .done(0): StandardStream.error.print(LogText.escaped(Dead.none(of: notifier)))
            case .done(1): StandardStream.output.print("1 dead letter \(done)")
            case .done(let count): StandardStream.output.print("\(count) dead letters \(done)")
            case .unknown(let ids): throw Dead.unknown(ids)
            }
        }
    }
}
