import ArgumentParser
import Settings

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads the configuration and shows what would run.",
        discussion: "Exits with 0, or shows every fault, one a line on stderr, and exits with 78."
    )

    @OptionGroup var configuration: ConfigurationOptions

    func run() throws {
        let settings = try configuration.load()
        for warning in settings.warnings { StandardStream.error.print("\(warning)") }
        StandardStream.output.write(settings.summary())
    }
}
