import Glibc

/// How one life of a child ended.
public enum ChildEnd: Sendable, Equatable {
    /// It exited with this status.
    case exited(Int32)

    /// This signal ended it.
    case signalled(Int32)

    /// It never ran; why, in words.
    case couldNotStart(String)
}

extension ChildEnd: CustomStringConvertible {
    /// The end in words that follow a name: "exited with status 1", "was killed by SIGKILL (9)".
    public var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .signalled(let signal): "was killed by \(Self.name(of: signal)) (\(signal))"
        case .couldNotStart(let reason): "could not be started: \(reason)"
        }
    }

    private static func name(of signal: Int32) -> String {
        switch signal {
        case SIGHUP: "SIGHUP"
        case SIGINT: "SIGINT"
        case SIGQUIT: "SIGQUIT"
        case SIGILL: "SIGILL"
        case SIGTRAP: "SIGTRAP"
        case SIGABRT: "SIGABRT"
        case SIGBUS: "SIGBUS"
        case SIGFPE: "SIGFPE"
        case SIGKILL: "SIGKILL"
        case SIGUSR1: "SIGUSR1"
        case SIGSEGV: "SIGSEGV"
        case SIGUSR2: "SIGUSR2"
        case SIGPIPE: "SIGPIPE"
        case SIGALRM: "SIGALRM"
        case SIGTERM: "SIGTERM"
        case SIGXCPU: "SIGXCPU"
        case SIGXFSZ: "SIGXFSZ"
        case SIGSYS: "SIGSYS"
        default: "a signal"
        }
    }
}

extension ChildEnd {
    /// Up to this long after its start, the shell's own statuses are taken for what they mean to the shell: later the
    /// command itself must have exited with them.
    static let shellSpeaksFor: Duration = .seconds(5)

    /// What a person can do about this end, if that can be told from it.
    func hint(for command: ChildCommand, after life: Duration) -> String? {
        guard case .exited(let status) = self, life < Self.shellSpeaksFor else { return nil }
        let lookup =
            "names are looked up in PATH, relative paths begin at \(command.workingDirectory ?? "the working directory")"
        switch status {
        case 126:
            return "the command was found but cannot be executed: see its permissions and its first line; \(lookup)"
        case 127:
            return "the command was not found: \(lookup); it must be one simple command, since it is run with exec:"
                + " write env NAME=VALUE ... to set a variable, and sh -c '...' for more"
        default:
            return nil
        }
    }
}
