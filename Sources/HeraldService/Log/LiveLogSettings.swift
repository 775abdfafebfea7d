import NIOConcurrencyHelpers
public import Settings

/// How the log is written, which can be changed while it is. Any thread may ask and change.
public final class LiveLogSettings: Sendable {
    private let settings: NIOLockedValueBox<LogSettings>

    public init(_ settings: LogSettings) {
        self.settings = NIOLockedValueBox(settings)
    }

    public var current: LogSettings {
        get { settings.withLockedValue { $0 } }
        set { settings.withLockedValue { $0 = newValue } }
    }
}
