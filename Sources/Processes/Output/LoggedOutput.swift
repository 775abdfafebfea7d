public import Logging
import NIOConcurrencyHelpers

/// Puts a child's lines into the log: stdout at info, stderr at warning, each as `<kind> <name>: <text>`.
///
/// Lines over 16 kB are cut and say so, characters that could forge lines are escaped, and a flood is rate-limited,
/// stdout and stderr apart: 200 lines at once, then 20 a second (a long line counts once more for each whole KiB).
/// How many lines were dropped is told a second after the first of them, and when the child ends.
public final class LoggedOutput: ChildOutput {
    private let title: String
    private let logger: Logger
    private let standardOutputGate: GatedLog
    private let standardErrorGate: GatedLog
    private let last = NIOLockedValueBox<ChildLine?>(nil)

    /// Makes one for all lives of one child.
    /// - Parameters:
    ///   - kind: What the child is to its owner: "notifier", "daemon".
    ///   - name: Its configured name.
    public init(kind: String, name: String, logger: Logger, time: Timekeeper = .system) {
        title = "\(kind) \(name)"
        self.logger = logger
        standardOutputGate = GatedLog(title: title, what: "stdout", logger: logger, time: time)
        standardErrorGate = GatedLog(title: title, what: "stderr", logger: logger, time: time)
    }

    /// The last line of stderr, of this child or the one before it, fit to be shown; `nil` if there was none.
    public var lastWords: String? {
        // Escaped when somebody asks, not for each line.
        last.withLockedValue { $0 }?.text
    }

    /// Logs the line at info.
    public func standardOutput(_ line: ChildLine) {
        log(line, standardOutputGate, at: .info)
    }

    /// Logs the line at warning.
    public func standardError(_ line: ChildLine) {
        last.withLockedValue { $0 = line }
        log(line, standardErrorGate, at: .warning)
    }

    /// Tells of lines that were dropped and not told of yet.
    public func ended() {
        standardOutputGate.tellDropped()
        standardErrorGate.tellDropped()
    }

    private func log(_ line: ChildLine, _ gate: GatedLog, at level: Logger.Level) {
        guard gate.admits(lineOf: line.bytes.count) else { return }
        logger.log(level: level, "\(title): \(line.text)")
    }
}

extension ChildLine {
    /// The line for the log: escaped, and if it was cut it says so.
    var text: String {
        guard cut else { return LogText.escaped(bytes) }
        let whole = LogText.escaped(LogText.withoutHalfCharacter(bytes))
        return "\(whole) [cut: the line is longer than \(bytes.count) bytes]"
    }
}
