import ArgumentParser
import Processes
import Settings

/// How commands find the running service: by its configuration, or by its `state_dir`.
struct ServiceOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOptions

    @Option(
        name: .customLong("state-dir"),
        help: ArgumentHelp(
            "The service's state_dir, in place of what the configuration says.",
            valueName: "folder"
        )
    )
    var stateFolder: String?

    /// Where the service is to be looked for.
    struct Place {
        /// The `state_dir`.
        var folder: String
        /// What is wrong with the configuration, where the folder could be found all the same.
        var faults: Faults?
    }

    func validate() throws {
        if stateFolder?.isEmpty == true { throw ValidationError("--state-dir takes the path of a folder.") }
    }

    /// Finds the `state_dir`. A configuration that has faults at the moment keeps nobody from seeing the service that runs
    /// by an earlier one: it is told on stderr. Where no folder can be found either, shows all faults and exits with 78.
    func place() throws -> Place {
        if let stateFolder { return Place(folder: stateFolder) }
        do throws(Faults) {
            return Place(folder: try configuration.settings().store.folder)
        } catch {
            let environment = ChildEnvironment.ofThisProcess()
            guard let folder = SalvagedStateFolder.find(paths: configuration.paths, environment: environment) else {
                for fault in error.faults { StandardStream.error.print("\(fault)") }
                StandardStream.error.print("name the state_dir of the service with --state-dir FOLDER to do without")
                // EX_CONFIG of sysexits.h.
                throw ExitCode(78)
            }
            let note = "the configuration has faults ('herald check' shows them); looking for herald in \(folder)"
            StandardStream.error.print(LogText.escaped(note))
            return Place(folder: folder, faults: error)
        }
    }

    /// Asks the service by `body`; where that fails, shows why on stderr and exits with the status that fits.
    func ask<Answer>(_ body: (ControlClient) async throws(ControlFailure) -> Answer) async throws -> Answer {
        let client = ControlClient(folder: try place().folder)
        do throws(ControlFailure) {
            return try await body(client)
        } catch {
            throw error.shown()
        }
    }
}
