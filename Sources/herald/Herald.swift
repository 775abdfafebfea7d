import ArgumentParser
import HeraldService

/// The command line: each subcommand in a file of its own.
@main
struct Herald: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "herald",
        abstract: "Watches a CouchDB server and tells other programs what happened.",
        discussion: """
            Brings CouchDB 1.x update notifications back beside any CouchDB: each change becomes a line of JSON on the \
            stdin of every configured notifier.
            """,
        version: HeraldVersion.current,
        subcommands: [
            Run.self, Check.self, StatusCommand.self, Reload.self, Start.self, Stop.self, Restart.self,
            RewindCommand.self, Dead.self, SystemdUnit.self, Demo.self,
        ]
    )
}
