import ArgumentParser

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows notices arriving, without a CouchDB.")
    func run() async throws {}
}
