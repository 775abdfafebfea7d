import Glibc
public import Logging
import NIOConcurrencyHelpers
import Settings
import Status

/// The log on stderr: one line an event, as text or as JSON.
///
/// A line is written with one call, so that lines of several threads never mix.
public struct StandardErrorLog: LogHandler {
    public var metadata: Logger.Metadata = [:]
    private let settings: LiveLogSettings
    /// A level of this logger's own, which no change of the settings touches.
    private var ownLevel: Logger.Level?

    public init(_ settings: LiveLogSettings) {
        self.settings = settings
    }

    public var logLevel: Logger.Level {
        get { ownLevel ?? settings.current.level.loggerLevel }
        set { ownLevel = newValue }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
        let line = LogLine(
            time: Timestamp.now(),
            level: event.level,
            message: event.message.description,
            metadata: metadata.map { ($0.key, "\($0.value)") }.sorted { $0.0 < $1.0 }
        )
        var bytes = settings.current.format == .json ? line.json : line.text
        bytes.append(UInt8(ascii: "\n"))
        bytes.withUnsafeBytes { rest in
            var rest = rest
            while !rest.isEmpty {
                let count = write(STDERR_FILENO, rest.baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}

/// One event as a line, without its end.
struct LogLine {
    var time: String
    var level: Logger.Level
    var message: String
    var metadata: [(key: String, value: String)]

    /// `2026-11-21T10:00:00.123Z info: message key=value`
    var text: [UInt8] {
        var line = "\(time) \(level): \(Self.escaped(message))"
        for (key, value) in metadata { line += " \(key)=\(Self.escaped(value))" }
        return Array(line.utf8)
    }

    var json: [UInt8] {
        var line = Array("{".utf8)
        let members = [("time", time), ("level", "\(level)"), ("message", message)] + metadata
        for (index, (key, value)) in members.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            Self.append(quoted: key, to: &line)
            line.append(UInt8(ascii: ":"))
            Self.append(quoted: value, to: &line)
        }
        line.append(UInt8(ascii: "}"))
        return line
    }

    /// Nothing that is logged may forge a line of the log or command a terminal.
    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\t": escaped += "\\t"
            case _ where scalar.properties.generalCategory == .control:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func append(quoted text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for byte in escaped(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")).utf8 { line.append(byte) }
        line.append(UInt8(ascii: "\""))
    }
}

extension LogSettings.Level {
    /// The same level, as swift-log calls it.
    var loggerLevel: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
