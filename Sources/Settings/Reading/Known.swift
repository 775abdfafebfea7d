/// The two kinds of processes that a person can configure, and how the configuration names them.
struct KnownChild {
    /// What messages call it.
    let word: String
    /// The section with a command for each name.
    let commands: String
    /// The keys of its sections of options.
    let keys: [String]
    /// With how many edits a section of commands is still taken for one that was misspelt.
    fileprivate let tolerance: Int

    private static let options = ["stop_timeout", "environment", "working_directory"]

    static let notifier = KnownChild(
        word: "notifier",
        commands: "update_notification",
        keys: [
            "databases", "types", "since", "detail", "confirm", "window", "confirm_timeout", "attempts", "merge",
            "merge_at", "outbox",
        ] + options,
        tolerance: 3
    )
    static let daemon = KnownChild(word: "daemon", commands: "os_daemons", keys: options, tolerance: 2)
    static let all = [notifier, daemon]

    /// The section of options of the child `name`.
    func section(_ name: String) -> String { "\(word):\(name)" }

    /// The name of whom `section` has the options; nil if it is no such section.
    func name(in section: String) -> String? {
        let prefix = self.section("").utf8
        guard section.utf8.starts(with: prefix) else { return nil }
        return String(decoding: section.utf8.dropFirst(prefix.count), as: UTF8.self)
    }
}

/// The sections and keys that are Herald's own.
enum Known {
    static let heraldKeys = ["log_level", "log_format", "state_dir", "forget_after", "listen", "token_file"]
    static let sourceKeys = [
        "url", "username", "password", "password_file", "token_file", "ca_file", "databases", "since", "heartbeat",
        "rescan",
    ]
    static let daemonRetryKeys = ["max_retries", "retry_time"]
    static let daemonRetries = "os_daemon_settings"

    static func isOurs(_ section: String) -> Bool {
        keys(of: section) != nil || commandsOf(section) != nil
    }

    /// The keys of `section`; nil if any is allowed.
    static func keys(of section: String) -> [String]? {
        switch section {
        case "herald": heraldKeys
        case "source": sourceKeys
        case daemonRetries: daemonRetryKeys
        default: KnownChild.all.first { $0.name(in: section) != nil }?.keys
        }
    }

    /// Of what `section` has the commands; nil if it has none.
    static func commandsOf(_ section: String) -> KnownChild? {
        KnownChild.all.first { $0.commands == section }
    }

    /// The section of ours that `section`, which is none, was perhaps meant to be.
    static func meant(by section: String) -> String? {
        let trimmed = section.bytes[...].trimmed.text
        if trimmed != section, isOurs(trimmed) { return trimmed }
        // CouchDB 1.x has a section of this name, which has nothing to do with ours.
        if section == "daemons" { return nil }
        let lowercased = section.lowercased().bytes
        if let near = ["herald", "source"].first(where: { editDistance($0.bytes, lowercased) <= 1 }) {
            return near
        }
        if editDistance(daemonRetries.bytes, lowercased) <= 3 { return daemonRetries }
        for kind in KnownChild.all where editDistance(kind.commands.bytes, lowercased) <= kind.tolerance {
            return kind.commands
        }
        let bytes = section.bytes
        let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        let head = bytes[..<(colon ?? bytes.endIndex)].text.lowercased().bytes
        let kind = KnownChild.all.first { editDistance($0.word.bytes, head) <= 2 }
        return kind?.section(colon.map { bytes[($0 + 1)...].text } ?? "NAME")
    }
}
