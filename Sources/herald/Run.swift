import ArgumentParser
import Control
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
        // Until there is somebody to read the configuration again, a SIGHUP must not end what is just beginning.
        SignalDefaults.ignoreHangups()
        let source = configuration.source()
        let settings = try configuration.load()
        let logSettings = LiveLogSettings(settings.log)
        let log = Logger(label: "herald") { _ in StandardErrorLog(logSettings) }
        log.info("herald \(HeraldVersion.current) starts, configured by \(settings.files.joined(separator: ", "))")
        try Machine.allowFiles(log: log)
        let (store, contents) = try await openStore(of: settings)
        let service = HeraldService(
            settings: settings,
            configuration: source,
            store: store,
            contents: contents,
            environment: source.environment,
            logSettings: logSettings,
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
        } catch let fault as ControlFault {
            StandardStream.error.print("\(fault.fault(in: settings))")
            throw fault.exitCode
        }
    }
}

extension ControlFault {
    /// As sysexits.h has them: EX_UNAVAILABLE, EX_CONFIG, EX_IOERR.
    fileprivate var exitCode: ExitCode {
        switch kind {
        case .addressTaken: ExitCode(69)
        case .addressUnusable, .token: ExitCode(78)
        case .socket: ExitCode(74)
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
