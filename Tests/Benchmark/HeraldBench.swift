// How fast Herald is, beside `curl` on the same bytes. One command:
//
//     swift build -c release && swift run -c release herald-bench
//
// `--quick` takes a tenth of the rows; `--help` tells the rest. `curl` and `jq` are used if they are there.
//
// The executable plays three parts, each in a process of its own so that no CPU of the others counts as Herald's:
// `measure` (what a person calls) leads, `generate` is a server that streams rows like a CouchDB's, and `sink` is the
// notifier. Everything is on 127.0.0.1, and nothing is left behind.

import ArgumentParser

@main
struct HeraldBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "herald-bench",
        abstract: "Measures how fast Herald is, beside curl on the same bytes.",
        subcommands: [Measure.self, Generate.self, Sink.self],
        defaultSubcommand: Measure.self
    )
}
