import ArgumentParser
import Processes
import Settings
import Store

struct RewindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewind",
        abstract: "Puts the cursors of a notifier elsewhere, with the service stopped.",
        discussion: """
            At its next start the notifier is told all changes from there on. With --to 0 it is told everything again: \
            the thing to do for all of them after the server was restored from a backup (herald rewind --all --to 0). \
            With --to now it is told nothing of what was up to the next start.

            Exits with 0; with 1 if there is no such notifier or cursor, with 69 while herald runs, with 74 if the store \
            is damaged or cannot be used.
            """
    )

    @OptionGroup var configuration: ConfigurationOptions

    @Argument(help: "The notifier, by its name in the configuration.")
    var name: String?

    @Flag(help: "All notifiers that have cursors.")
    var all = false

    @Option(help: "In this database only.")
    var database: String?

    @Option(
        name: .customLong("to"),
        help: ArgumentHelp("Where to: 0, now, or with --database a seq of that database.", valueName: "0|now|seq"),
        transform: Self.target
    )
    var target: RewindTarget

    func validate() throws {
        if all == (name != nil) { throw ValidationError("Name one notifier, or say --all.") }
        if case .seq = target, database == nil {
            throw ValidationError("A seq belongs to one database: name it with --database, or use --to 0 or --to now.")
        }
    }

    func run() async throws {
        let settings = try configuration.load()
        try await StoreAccess.showingErrors {
            guard let view = try Store.look(at: settings.store.folder) else {
                throw StoreAccess.refusal(
                    "\(settings.store.folder): there is no store yet, so no cursor; 'herald run' makes it"
                )
            }
            view.close()
            let store = try Store.open(settings.store.folder)
            defer { store.close() }
            try await rewind(store)
        }
    }

    private func rewind(_ store: Store) async throws {
        let contents = try await store.contents()
        let outcome: Rewind.Outcome
        do throws(RewindFault) {
            outcome = try Rewind(follower: name, database: database, target: target).outcome(in: contents)
        } catch {
            throw StoreAccess.refusal("\(error)\(hint(error))")
        }
        try await store.save(outcome.changes, durably: true)
        for (follower, count) in outcome.databases {
            let databases = count == 1 ? "1 database" : "\(count) databases"
            let line = "\(follower): \(databases) rewound to \(target)"
            StandardStream.output.print(LogText.escaped(line))
        }
    }

    private static func target(_ text: String) throws -> RewindTarget {
        guard let target = RewindTarget(text) else {
            throw ValidationError(
                "It is neither 0, now, nor a seq such as 12-g1AAA, 12, or JSON in quotes or brackets."
            )
        }
        return target
    }

    private func hint(_ fault: RewindFault) -> String {
        guard case .unknownFollower(.some(let name), let known) = fault else { return "" }
        return nearestName(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
    }
}
