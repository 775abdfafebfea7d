import ArgumentParser
import CouchFeed
import HeraldService
import Logging
import Processes
import ServiceLifecycle
import Settings
import UnixSignals

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the service in the foreground, until SIGTERM or SIGINT.",
        discussion: "Logs on stderr. Exits with 0 when stopped, with 78 if the configuration has faults."
    )

    @OptionGroup var configuration: ConfigurationOptions

    func run() async throws {
        Machine.shareFreeMemory()
        let settings = try configuration.load()
        let log = Logger(label: "herald") { StandardErrorLog(label: $0, settings: settings.log) }
        log.info("herald \(HeraldVersion.current) starts, configured by \(settings.files.joined(separator: ", "))")
        let (store, contents) = try await openStore(of: settings)
        let service = HeraldService(
            settings: settings,
            store: store,
            contents: contents,
            environment: ChildEnvironment.ofThisProcess(),
            log: log
        )
        do {
            try await ServiceGroup(running: service, log: log).run()
        } catch let wrong as WrongServer {
            let place = settings.layers["source", "url"].map { "\($0.file):\($0.line)" } ?? "the default url"
            StandardStream.error.print(
                """
                \(place): url: another server answers at \(wrong.url) (uuid \(wrong.info.uuid ?? "none")) \
                than the one whose cursors are in \(settings.store.folder); give it a state_dir of its own in [herald], \
                or name the right url
                """
            )
            // EX_CONFIG of sysexits.h.
            throw ExitCode(78)
        }
    }
}

extension ServiceGroup {
    /// The service, stopped in order by SIGTERM and SIGINT. The group's own log is of no use to operators.
    init(running services: any Service..., log: Logger) {
        var quiet = log
        quiet.logLevel = .error
        self.init(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    }
}
