import Logging
import NIOConcurrencyHelpers

/// A log that remembers.
final class LogCapture: Sendable {
    struct Entry: Sendable, Equatable {
        let level: Logger.Level
        let message: String
    }

    private let box = NIOLockedValueBox<[Entry]>([])

    var entries: [Entry] { box.withLockedValue { $0 } }

    var messages: [String] { entries.map(\.message) }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(capture: self) }
        logger.logLevel = .trace
        return logger
    }

    func contains(_ text: String) -> Bool {
        messages.contains { $0.contains(text) }
    }

    private struct Handler: LogHandler {
        let capture: LogCapture
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            capture.box.withLockedValue { $0.append(Entry(level: event.level, message: "\(event.message)")) }
        }
    }
}
