extension HeraldSettings {
    /// What would run, for people: server, log, store, control, and each notifier and daemon with its options. Secrets
    /// are masked; it ends in a newline.
    public func summary() -> String {
        var lines = ["server"]
        lines.add("url", isDefaultNote(source.url))
        lines.add("login", login)
        lines.add("ca_file", source.caFile ?? "the system's certificates")
        lines.add("databases", source.databases.description)
        lines.add("since", source.since.rawValue)
        lines.add("heartbeat", DurationText.text(source.heartbeat))
        lines.add("rescan", DurationText.text(source.rescan))
        lines.append("log")
        lines.add("level", log.level.rawValue)
        lines.add("format", log.format.rawValue)
        lines.append("store")
        lines.add("state_dir", store.folder)
        lines.add("forget_after", DurationText.text(store.forgetAfter))
        lines.append("control")
        lines.add("listen", control.listen?.description ?? "off")
        lines.add("token_file", control.tokenFile ?? "\(store.tokenFile), which Herald makes itself")
        for notifier in notifiers {
            lines.append("notifier \(notifier.name) (\(notifier.place))")
            lines.add("command", maskingCredentials(notifier.command))
            lines.add("databases", notifier.databases?.description ?? "all of the server's above")
            lines.add("types", notifier.typesInOrder.map(\.rawValue).joined(separator: ", "))
            lines.add("since", notifier.since?.rawValue ?? "the server's above")
            lines.add("detail", notifier.detail.rawValue)
            lines.add(notifier.confirmation)
            lines.add("merge", notifier.mergeShown)
            lines.add("outbox", SizeText.text(notifier.outboxSize))
            lines.addOptions(of: notifier)
        }
        if notifiers.isEmpty {
            lines.append("no notifier")
        }
        for daemon in daemons {
            lines.append("daemon \(daemon.name) (\(daemon.place))")
            lines.add("command", maskingCredentials(daemon.command))
            lines.addOptions(of: daemon)
        }
        if !daemons.isEmpty {
            lines.append("daemons that die")
            lines.add("max_retries", "\(daemonRetries.maxRetries)")
            lines.add("retry_time", DurationText.text(daemonRetries.retryTime))
        }
        return lines.map { printable($0) + "\n" }.joined()
    }

    private func isDefaultNote(_ url: String) -> String {
        source.isDefault ? "\(url) (the default)" : url
    }

    private var login: String {
        if let tokenFile = source.tokenFile {
            return "bearer token from \(tokenFile)"
        }
        guard let username = source.username else { return "none" }
        return "user \(username), password \(source.passwordFile.map { "from \($0)" } ?? "***")"
    }
}

extension NotifierSettings {
    fileprivate var typesInOrder: [NoticeType] {
        NoticeType.allCases.filter(types.contains)
    }

    /// `when_behind` is the default, so it is no fault where it means nothing; but it should not be believed.
    fileprivate var mergeShown: String {
        if merge == .whenBehind, detail != .plain || confirmation != nil {
            return "\(merge), without effect: it gets every line"
        }
        return mergeAt.map { "\(merge), merge_at \($0)" } ?? "\(merge)"
    }
}

extension [String] {
    fileprivate mutating func add(_ confirmation: ConfirmationSettings?) {
        guard let confirmation else { return add("confirm", "no") }
        add("confirm", confirmation.greets ? "omprog" : "yes")
        add("window", "\(confirmation.window)")
        add("confirm_timeout", DurationText.text(confirmation.timeout))
        add("attempts", confirmation.attempts.map { "\($0)" } ?? "unlimited")
    }

    fileprivate mutating func addOptions(of child: some ChildSettings) {
        add("stop_timeout", DurationText.text(child.stopTimeout))
        let shown = child.environment.map { "\($0.name)=\($0.shownValue)" }
        add("environment", shown.isEmpty ? "the service's own" : shown.joined(separator: ", "))
        add("working_directory", child.workingDirectory)
    }

    fileprivate mutating func add(_ name: String, _ value: String) {
        let padding = String(repeating: " ", count: Swift.max(1, 19 - name.count))
        append("  \(name)\(padding)\(value)")
    }
}
