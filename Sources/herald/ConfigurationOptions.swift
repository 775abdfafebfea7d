import ArgumentParser
import Glibc
import HeraldService
import Processes
import Settings

/// `-c`, as every subcommand that reads the configuration has it.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: ArgumentHelp(
            """
            A configuration file, or a folder for its *.ini in name order. May be repeated: later ones win. \
            (default: ./notifiers.ini)
            """,
            valueName: "file-or-folder"
        )
    )
    var paths: [String] = []

    /// Where the configuration is read, and how it looks now; to be made before it is read.
    func source() -> ConfigurationSource {
        ConfigurationSource(paths: paths, environment: ChildEnvironment.ofThisProcess())
    }

    /// Reads the configuration, or shows all its faults, one a line, and exits with 78.
    func load() throws -> HeraldSettings {
        do throws(Faults) {
            return try settings()
        } catch {
            for fault in error.faults { StandardStream.error.print("\(fault)") }
            // EX_CONFIG of sysexits.h.
            throw ExitCode(78)
        }
    }

    /// Reads the configuration, or throws all its faults.
    func settings() throws(Faults) -> HeraldSettings {
        try HeraldSettings.load(paths: paths, environment: ChildEnvironment.ofThisProcess())
    }
}

/// stdout and stderr, a line at a time.
enum StandardStream {
    case output
    case error

    func print(_ line: String) {
        write(line + "\n")
    }

    /// Writes with one call, or more where the reader takes it in pieces. What cannot be written (a closed pipe) is
    /// nobody's to read.
    func write(_ text: String) {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { rest in
            var rest = rest
            while !rest.isEmpty {
                let count = Glibc.write(self == .output ? STDOUT_FILENO : STDERR_FILENO, rest.baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}
