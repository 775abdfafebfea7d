import ArgumentParser
import Glibc
import HeraldService
import Processes

struct SystemdUnit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "systemd-unit",
        abstract: "Prints a hardened unit file for systemd.",
        discussion: """
            It runs this program with the configuration that -c names, or /etc/herald/notifiers.ini. Save it as \
            /etc/systemd/system/herald.service; comments in it say which lines notifiers may need loosened.
            """
    )

    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: ArgumentHelp(
            "The configuration of the service, as 'run' has it. (default: \(defaultPath))",
            valueName: "file-or-folder"
        )
    )
    var paths: [String] = []

    @Option(help: ArgumentHelp("Run it as this user, not as one that exists while it runs.", valueName: "name"))
    var user: String?

    private static let defaultPath = "/etc/herald/notifiers.ini"

    func validate() throws {
        guard let user else { return }
        let isName = user.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
            default: false
            }
        }
        guard isName, !user.isEmpty, user.utf8.first != UInt8(ascii: "-") else {
            throw ValidationError("--user takes the name of a user: letters, digits, '_', '-' and '.'.")
        }
    }

    func run() throws {
        let unit = UnitFile(
            version: HeraldVersion.current,
            program: try ThisProgram.path(),
            configuration: paths.isEmpty ? [Self.defaultPath] : paths.map { ThisProgram.absolute($0) },
            owner: user.map { .user($0) } ?? .dynamic
        )
        StandardStream.output.write(unit.text)
        for path in UnitFile.hidden(among: [unit.program] + unit.configuration) {
            StandardStream.error.print(
                LogText.escaped(
                    "\(path): the unit hides this place from the service (ProtectHome, PrivateTmp); put it elsewhere, "
                        + "or loosen the unit"
                )
            )
        }
    }
}

/// Where this program is, and where it was started.
enum ThisProgram {
    /// The absolute path of the program that runs, links followed.
    static func path() throws -> String {
        guard let path = realpath("/proc/self/exe", nil) else {
            StandardStream.error.print("/proc/self/exe: \(String(cString: strerror(errno))); mount /proc")
            // EX_OSERR of sysexits.h.
            throw ExitCode(71)
        }
        defer { free(path) }
        return String(cString: path)
    }

    /// `path`, made absolute from the folder that this process is in. Links are left as they are.
    static func absolute(_ path: String, from folder: String = folder) -> String {
        var rest = path
        if rest.hasPrefix("/") { return rest }
        while rest.hasPrefix("./") { rest = String(rest.dropFirst(2).drop { $0 == "/" }) }
        if rest.isEmpty || rest == "." { return folder }
        return folder.hasSuffix("/") ? folder + rest : "\(folder)/\(rest)"
    }

    /// The folder that this process is in.
    static var folder: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
