import Logging
import NIOConcurrencyHelpers

/// Lets some of what a child has to say into the log, and counts the rest: how many lines were dropped is told a second
/// after the first of them, and when the child ends.
final class GatedLog: Sendable {
    private let title: String
    private let what: String
    private let logger: Logger
    private let time: Timekeeper
    private let gate: NIOLockedValueBox<FloodGate>

    /// - Parameters:
    ///   - title: Whose lines they are: "daemon x".
    ///   - what: What they are of it: "stdout".
    init(title: String, what: String, gate: FloodGate = FloodGate(), logger: Logger, time: Timekeeper) {
        self.title = title
        self.what = what
        self.logger = logger
        self.time = time
        self.gate = NIOLockedValueBox(gate)
    }

    /// Whether a line of so many bytes is to be logged now.
    func admits(lineOf bytes: Int) -> Bool {
        let (isAdmitted, isFirstDropped) = gate.withLockedValue { gate in
            let isAdmitted = gate.admits(lineOf: bytes, at: time.now())
            return (isAdmitted, gate.dropped == 1)
        }
        if !isAdmitted && isFirstDropped {
            Task { [self] in
                await time.sleep(time.now().advanced(by: .seconds(1)))
                tellDropped()
            }
        }
        return isAdmitted
    }

    /// Tells of lines that were dropped and not told of yet.
    func tellDropped() {
        let dropped = gate.withLockedValue { $0.takeDropped() }
        guard dropped > 0 else { return }
        let lines = dropped == 1 ? "1 line" : "\(dropped) lines"
        logger.warning("\(title): \(lines) of its \(what) not logged: it writes too many at once")
    }
}
