import NIOConcurrencyHelpers
import Processes

/// Shows what the demonstration's notifiers say, and knows how much they have said.
final class NoticeBoard: Sendable {
    private let count = NIOLockedValueBox(0)

    func show(_ line: String, of notifier: String) {
        let padding = String(repeating: " ", count: max(12 - notifier.count, 1))
        StandardStream.output.print("    \(notifier)\(padding)\(line)")
        count.withLockedValue { $0 += 1 }
    }

    var shown: Int { count.withLockedValue { $0 } }

    /// Waits until `count` lines have been shown in all, at the most for as long as a person would.
    func wait(for count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while shown < count, ContinuousClock.now < deadline {
            // Lines come from another thread, some milliseconds apart, and a person watches: nothing is lost by looking.
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// The lines of one notifier, as they come back from its process.
struct DemoOutput: ChildOutput {
    let notifier: String
    let board: NoticeBoard

    func standardOutput(_ line: ChildLine) {
        board.show(String(decoding: line.bytes, as: UTF8.self), of: notifier)
    }

    func standardError(_ line: ChildLine) {
        board.show("(stderr) \(String(decoding: line.bytes, as: UTF8.self))", of: notifier)
    }

    func ended() {}
}
