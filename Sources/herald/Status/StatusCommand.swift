import ArgumentParser
import Processes
import Status

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows how the running service is, what is wrong, and what to do about it.",
        discussion: """
            Exits with 0 if all is well, with 1 if something is not or there is no such name, with 69 if the service \
            cannot be reached.
            """
    )

    @OptionGroup var service: ServiceOptions

    @Flag(help: "JSON, as the service gives it; of one entry where a NAME is given.")
    var json = false

    @Argument(
        help: """
            Show all about this notifier, daemon or database; notifier:NAME, daemon:NAME, database:NAME where several \
            have the name.
            """
    )
    var name: String?

    func run() async throws {
        let report = try await service.ask { client throws(ControlFailure) in
            let bytes = try await client.status()
            // As it came, whether or not this herald understands it.
            if json, name == nil { write(json: bytes) }
            return try ControlClient.report(from: bytes)
        }
        let problems = report.problems
        guard let name else {
            if !json { write(StatusTable(report, problems: problems, width: Terminal.current.width ?? 0).lines) }
            return try end(isWell: problems.isEmpty)
        }
        let entries = StatusEntry.all(named: name, in: report)
        guard let first = entries.first else {
            throw StoreAccess.refusal(StatusEntry.none(named: name, in: report))
        }
        if json {
            guard entries.count == 1 else {
                let names = entries.map { ProblemLines.key($0.subject) }.joined(separator: " or ")
                throw StoreAccess.refusal("'\(name)' is the name of \(entries.count) things; write \(names)")
            }
            write(json: try first.json())
        } else {
            let width = Terminal.current.width ?? 0
            let details = entries.map { StatusDetail($0, in: report, problems: problems, width: width).lines }
            write(Array(details.joined(separator: [StyledLine(text: "")])))
        }
        try end(isWell: !problems.contains { problem in entries.contains { $0.subject == problem.subject } })
    }

    private func write(json: [UInt8]) {
        let end = json.last == UInt8(ascii: "\n") ? "" : "\n"
        StandardStream.output.write(String(decoding: json, as: UTF8.self) + end)
    }

    private func write(_ lines: [StyledLine]) {
        let hasColours = Terminal.current.hasColours
        StandardStream.output.write(lines.map { $0.rendered(hasColours: hasColours) + "\n" }.joined())
    }

    private func end(isWell: Bool) throws {
        if !isWell { throw ExitCode.failure }
    }
}
