import Glibc
import TestSupport
import Testing

@Suite("The command line")
struct CommandLineTests {
    private func end(_ arguments: String...) async throws -> (HeraldProcess.Exit, out: String, error: String) {
        let herald = try HeraldProcess(arguments)
        let exit = try await herald.waitForExit()
        return (exit, herald.stdout.joined(separator: "\n"), herald.stderr.joined(separator: "\n"))
    }

    @Test("Help is on stdout, with exit 0: of the whole, and of each subcommand")
    func help() async throws {
        let (exit, help, error) = try await end("--help")
        #expect(exit == .status(0) && error.isEmpty)
        for subcommand in [
            "run", "check", "status", "reload", "start", "stop", "restart", "rewind", "dead", "systemd-unit", "demo",
        ] {
            #expect(help.contains("  \(subcommand) "))
        }
        for subcommand in ["run", "check", "status", "reload", "start", "stop", "restart", "rewind", "demo"] {
            let (exit, help, error) = try await end("help", subcommand)
            #expect(exit == .status(0) && error.isEmpty)
            #expect(help.contains("herald \(subcommand)"))
            #expect(try await end(subcommand, "--help").out == help)
        }
        let runHelp = try await end("help", "run").out
        #expect(runHelp.contains("-c") && runHelp.contains("notifiers.ini"))
        // Without a subcommand of its own, dead lists; that help names the others.
        let deadHelp = try await end("help", "dead").out
        for word in ["list", "show", "retry", "drop"] { #expect(deadHelp.contains("  \(word) ")) }
        #expect(try await end("dead", "--help").out.contains("herald help dead"))
        #expect(try await end("help", "demo").out.contains("--seconds"))
    }

    @Test("--version shows the version alone")
    func version() async throws {
        let (exit, version, _) = try await end("--version")
        #expect(exit == .status(0))
        #expect(version.split(separator: ".").count == 3 && version.first?.isNumber == true)
    }

    @Test(
        "Wrong usage is told on stderr, with exit 64",
        arguments: [
            ["walk"], ["--colour"], ["run", "--colour"], ["run", "-c"], ["run", "notifiers.ini"], ["check", "extra"],
            ["demo", "--seconds"], ["demo", "--seconds", "soon"], ["demo", "--seconds", "0"],
            ["demo", "--seconds", "-1"],
            ["rewind"], ["rewind", "a"], ["rewind", "--to", "0"], ["rewind", "a", "--all", "--to", "0"],
            ["rewind", "a", "--to", ""], ["rewind", "a", "--to", "latest"], ["rewind", "a", "--to", "12-g1AAA"],
            ["rewind", "--all", "--to", "12"], ["rewind", "a", "--database", "d", "--to", "12 g1"],
            ["status", "a", "b"], ["status", "--state-dir"], ["status", "--state-dir", ""], ["reload", "a"], ["start"],
            ["start", ""], ["stop"], ["stop", "a", "b"], ["restart"], ["systemd-unit", "a"],
            ["systemd-unit", "--user", ""], ["systemd-unit", "--user", "a b"],
            ["dead", "show"], ["dead", "show", "x"], ["dead", "show", "1", "2"], ["dead", "retry"], ["dead", "drop"],
            ["dead", "drop", "one"], ["dead", "drop", "1", "--all"], ["dead", "retry", "--all", "--notifier", "a"],
        ]
    )
    func wrongUsage(arguments: [String]) async throws {
        let herald = try HeraldProcess(arguments)
        #expect(try await herald.waitForExit() == .status(64))
        #expect(herald.stdout.isEmpty)
        #expect(!herald.stderr.isEmpty)
    }
}
