import ArgumentParser
import HeraldService
import Logging

extension Machine {
    /// Lets the service open as many files as it may; where these are too few, says so and exits with 71.
    static func allowFiles(log: Logger) throws(ExitCode) {
        do throws(TooFewFiles) {
            try raiseFileLimit(log: log)
        } catch {
            StandardStream.error.print("\(error)")
            // EX_OSERR of sysexits.h.
            throw ExitCode(71)
        }
    }
}
