import ArgumentParser
import Processes
import Store

/// How the subcommands tell what is wrong with the store.
enum StoreAccess {
    /// Does `body`, or shows what is wrong with the store on stderr and exits: with 69 if another process has it, with 74
    /// if it is damaged or cannot be used.
    static func showingErrors<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as StoreError {
            StandardStream.error.print(LogText.escaped("\(error)"))
            throw error.exitCode
        }
    }

    /// Shows `message` on stderr and gives the status of a command that did nothing.
    static func refusal(_ message: String) -> ExitCode {
        StandardStream.error.print(LogText.escaped(message))
        return .failure
    }
}

extension StoreError {
    fileprivate var exitCode: ExitCode {
        switch kind {
        // EX_UNAVAILABLE and EX_IOERR of sysexits.h.
        case .inUse: ExitCode(69)
        case .damaged, .newer, .unusable: ExitCode(74)
        }
    }
}
