// `[os_daemons]`, `[daemon:NAME]` and `[os_daemon_settings]`.

extension SettingsReader {
    private static let retryCounts = 0...1_000_000
    private static let retrySeconds = 1...86_400

    mutating func readDaemons() -> [DaemonSettings] {
        checkOptionSections(of: .daemon)
        var daemons: [DaemonSettings] = []
        for name in layers.keys(of: KnownChild.daemon.commands) {
            guard let command = layers[KnownChild.daemon.commands, name] else { continue }
            var daemon = DaemonSettings(
                name: name,
                command: command.text,
                file: command.file,
                line: command.line,
                workingDirectory: texts[command.layer].folder
            )
            readCommandAndOptions(of: .daemon, into: &daemon)
            daemons.append(daemon)
        }
        return daemons
    }

    mutating func readDaemonRetries() -> DaemonRetrySettings {
        var retries = DaemonRetrySettings()
        retries.maxRetries =
            take(Known.daemonRetries, "max_retries") { (value) throws(Complaint) in
                try CountText.parse(value.text, within: Self.retryCounts)
            } ?? retries.maxRetries
        retries.retryTime =
            take(Known.daemonRetries, "retry_time") { (value) throws(Complaint) in
                try Self.retryTime(value.text)
            } ?? retries.retryTime
        return retries
    }

    /// CouchDB had a bare number of seconds here, which stays right; with a unit it is what durations are elsewhere.
    private static func retryTime(_ text: String) throws(Complaint) -> Duration {
        if text.utf8.allSatisfy(\.isDigit) {
            return .seconds(try CountText.parse(text, within: retrySeconds, or: "a duration of 1s to 1d"))
        }
        let bounds: ClosedRange<Duration> = .seconds(retrySeconds.lowerBound) ... .seconds(retrySeconds.upperBound)
        return try DurationText.parse(text, within: bounds, example: "retry_time = 5s")
    }
}
