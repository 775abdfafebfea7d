import ArgumentParser
import Glibc

/// The server of the benchmark.
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves databases like a CouchDB's on a free port of 127.0.0.1, until stdin ends.",
        shouldDisplay: false
    )

    @Option(help: "How many databases.")
    var databases = 1

    @Option(help: "How many rows in all of them together.")
    var rows = 100_000

    @Option(help: "The file that tells when each live row was sent.")
    var times: String?

    func validate() throws {
        guard databases > 0 else { throw ValidationError("--databases is at least 1") }
        guard rows >= 0 else { throw ValidationError("--rows is at least 0") }
    }

    func run() throws {
        raiseFileLimit()
        let server = try GeneratorServer(RenderedDatabases(count: databases, rows: rows), timesPath: times)
        try Files.writeAll("\(server.port)\n", to: STDOUT_FILENO)
        try server.run()
    }
}
