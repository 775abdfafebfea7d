import ArgumentParser
import Control
import Processes
import Settings
import Store

struct RewindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewind",
        abstract: "Puts the cursors of a notifier elsewhere, whether the service runs or not.",
        discussion: """
            The notifier is told all changes from there on: at once by the service that runs, or at its next start. \
            With --to 0 it is told everything again: the thing to do for all of them after the server was restored from \
            a backup (herald rewind --all --to 0). With --to now it is told nothing of what was up to now, or up to the \
            next start.

            Exits with 0; with 1 if there is no such notifier or cursor, with 69 if the service has the store and cannot \
            be reached, with 74 if the store is damaged or cannot be used.
            """
    )

    @OptionGroup var service: ServiceOptions

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
        let place = try service.place()
        if let answer = try await askService(in: place.folder) {
            for (follower, count) in answer.databases.sorted(by: { $0.key < $1.key }) { tell(follower, count) }
            return
        }
        if let faults = place.faults { throw ControlFailure.faults(faults.faults.map { "\($0)" }).shown() }
        try await StoreAccess.showingErrors {
            guard let view = try Store.look(at: place.folder) else {
                throw StoreAccess.refusal(
                    "\(place.folder): there is no store yet, so no cursor; 'herald run' makes it"
                )
            }
            view.close()
            let store = try Store.open(place.folder)
            defer { store.close() }
            try await rewind(store)
        }
    }

    /// Has the service do it that runs with this `state_dir`; `nil` where none can be found, so that the store is free, or
    /// is whoever's else.
    private func askService(in folder: String) async throws -> RewindAnswer? {
        let request = RewindRequest(name: name, database: database, to: target.description)
        do throws(ControlFailure) {
            return try await ControlClient(folder: folder).rewind(request)
        } catch {
            if case .absent = error { return nil }
            throw error.shown()
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
            tell(follower, count)
        }
    }

    private func tell(_ follower: String, _ count: Int) {
        let databases = count == 1 ? "1 database" : "\(count) databases"
        StandardStream.output.print(LogText.escaped("\(follower): \(databases) rewound to \(target)"))
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
