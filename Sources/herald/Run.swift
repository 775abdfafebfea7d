import ArgumentParser
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
        let service = HeraldService(
            settings: settings,
            environment: ChildEnvironment.ofThisProcess(),
            log: log
        )
        try await ServiceGroup(running: service, log: log).run()
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
