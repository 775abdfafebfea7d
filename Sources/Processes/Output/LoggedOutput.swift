public import Logging
import NIOConcurrencyHelpers

/// Puts a child's lines into the log: stdout at info, stderr at warning, each as `<kind> <name>: <text>`.
///
/// Lines over 16 kB are cut and say so, characters that could forge lines are escaped, and a flood is rate-limited,
/// stdout and stderr apart: 200 lines at once, then 20 a second (a long line counts once more for each whole KiB).
/// How many lines were dropped is told a second after the first of them, and when the child ends.
public final class LoggedOutput: ChildOutput {
    private enum Stream: String {
        case standardOutput = "stdout"
        case standardError = "stderr"
    }

    private struct State {
        var gates: [Stream: FloodGate] = [.standardOutput: FloodGate(), .standardError: FloodGate()]
    }

    private let title: String
    private let logger: Logger
    private let time: Timekeeper
    private let state = NIOLockedValueBox(State())

    /// Makes one for all lives of one child.
    /// - Parameters:
    ///   - kind: What the child is to its owner: "notifier", "daemon".
    ///   - name: Its configured name.
    public init(kind: String, name: String, logger: Logger, time: Timekeeper = .system) {
        self.title = "\(kind) \(name)"
        self.logger = logger
        self.time = time
    }

    /// Logs the line at info.
    public func standardOutput(_ line: ChildLine) {
        log(line, of: .standardOutput, at: .info)
    }

    /// Logs the line at warning.
    public func standardError(_ line: ChildLine) {
        log(line, of: .standardError, at: .warning)
    }

    /// Tells of lines that were dropped and not told of yet.
    public func ended() {
        tellDropped(of: .standardOutput)
        tellDropped(of: .standardError)
    }

    private func log(_ line: ChildLine, of stream: Stream, at level: Logger.Level) {
        let (admitted, firstDropped) = state.withLockedValue { state in
            let admitted = state.gates[stream]?.admits(lineOf: line.bytes.count, at: time.now()) ?? true
            return (admitted, state.gates[stream]?.dropped == 1)
        }
        if admitted {
            let text = LogText.escaped(line.cut ? LogText.withoutHalfCharacter(line.bytes) : line.bytes)
            let cut = line.cut ? " [cut: the line is longer than \(line.bytes.count) bytes]" : ""
            logger.log(level: level, "\(title): \(text)\(cut)")
        } else if firstDropped {
            Task { [self] in
                await time.sleep(time.now().advanced(by: .seconds(1)))
                tellDropped(of: stream)
            }
        }
    }

    private func tellDropped(of stream: Stream) {
        let dropped = state.withLockedValue { $0.gates[stream]?.takeDropped() ?? 0 }
        guard dropped > 0 else { return }
        let lines = dropped == 1 ? "1 line" : "\(dropped) lines"
        logger.warning("\(title): \(lines) of its \(stream.rawValue) not logged: it writes too many at once")
    }
}
