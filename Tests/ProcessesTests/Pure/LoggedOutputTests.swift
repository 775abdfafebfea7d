import Logging
import Testing

@testable import Processes

@Suite("A child's output in the log")
struct LoggedOutputTests {
    private let time = TestTime()
    private let log = LogCapture()

    private func line(_ text: String) -> ChildLine { ChildLine(bytes: Array(text.utf8)) }

    @Test("stdout is logged at info, stderr at warning, with the child's kind and name")
    func levels() {
        let output = LoggedOutput(kind: "daemon", name: "d", logger: log.logger, time: time.keeper)
        output.standardOutput(line("out"))
        output.standardError(line("err\u{1B}"))
        #expect(
            log.entries == [
                LogCapture.Entry(level: .info, message: "daemon d: out"),
                LogCapture.Entry(level: .warning, message: "daemon d: err\\u001B"),
            ]
        )
    }

    @Test("a cut line says so and ends with a whole character")
    func cut() {
        let output = LoggedOutput(kind: "notifier", name: "x", logger: log.logger, time: time.keeper)
        output.standardOutput(ChildLine(bytes: Array("abcå".utf8.dropLast()), cut: true))
        #expect(log.messages == ["notifier x: abc [cut: the line is longer than 4 bytes]"])
    }

    @Test("of a flood the dropped lines are counted and told, of stdout and stderr apart")
    func flood() async throws {
        let output = LoggedOutput(kind: "notifier", name: "x", logger: log.logger, time: time.keeper)
        for _ in 0..<1000 {
            output.standardOutput(line("a"))
        }
        output.standardError(line("not drowned"))
        output.ended()
        #expect(log.contains("not drowned"))
        // The second in which dropped lines are gathered passes at once here, so they may be told in several parts.
        try await eventually("all 1000 lines are logged or told of") {
            let logged = log.messages.count { $0 == "notifier x: a" }
            let told = log.messages.compactMap { message -> Int? in
                guard message.contains("of its stdout not logged") else { return nil }
                return message.split(separator: " ").dropFirst(2).first.flatMap { Int($0) }
            }
            return logged + told.reduce(0, +) == 1000 && !told.isEmpty
        }
    }
}
