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

    @Flag(help: "Renders the rows of normal feeds before.")
    var normal = false

    @Option(help: "How many rows a second a normal feed gives; as many as it can by default.")
    var pace: Int?

    @Option(help: "The file that tells when each live row was sent.")
    var times: String?

    func validate() throws {
        guard databases > 0 else { throw ValidationError("--databases is at least 1") }
        guard pace.map({ $0 > 0 }) ?? true else { throw ValidationError("--pace is at least 1") }
        guard rows >= 0 else { throw ValidationError("--rows is at least 0") }
    }

    func run() throws {
        raiseFileLimit()
        let rendered = RenderedDatabases(count: databases, rows: rows)
        let most = rendered.databases.map(\.rowCount).max() ?? 0
        let normalRows = NormalRows(count: normal ? most : 0)
        let server = try GeneratorServer(rendered, normalRows: normalRows, pace: pace, timesPath: times)
        try Files.writeAll("\(server.port)\n", to: STDOUT_FILENO)
        try server.run()
    }
}
