import ArgumentParser
import Processes

/// Why a command that goes to the running service was not done.
enum ControlFailure: Error, Sendable, Equatable {
    /// No service can be found at the socket: what is wrong, and what to do.
    case absent(String, hint: String)
    /// There is a service, or something else, and it gives no answer.
    case silent(String, hint: String)
    /// What answers does not speak as this version of Herald does.
    case strange(String)
    /// The configuration has these faults.
    case faults([String])
    /// The service says no, and why.
    case refused(String)

    /// As sysexits.h has them: EX_UNAVAILABLE, EX_CONFIG; or 1 for what was asked for and cannot be done.
    var exitStatus: Int32 {
        switch self {
        case .absent, .silent, .strange: 69
        case .faults: 78
        case .refused: 1
        }
    }

    /// For people, each on one line.
    var messages: [String] {
        let messages =
            switch self {
            case .absent(let message, let hint), .silent(let message, let hint): ["\(message); \(hint)"]
            case .strange(let message): ["\(message); is the service of the same version as this herald?"]
            case .faults(let faults): faults
            case .refused(let reason): [reason]
            }
        return messages.map { LogText.escaped($0) }
    }

    /// Shows on stderr what is wrong and gives the status to exit with.
    func shown() -> ExitCode {
        for message in messages { StandardStream.error.print(message) }
        return ExitCode(exitStatus)
    }
}
