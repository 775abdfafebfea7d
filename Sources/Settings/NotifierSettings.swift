/// A notifier: its command in `[update_notification]` and its options in `[notifier:NAME]`.
public struct NotifierSettings: ChildSettings {
    /// The types of notices.
    public enum NoticeType: String, Sendable, Hashable, CaseIterable {
        case created
        case updated
        case ddocUpdated = "ddoc_updated"
        case deleted
    }

    /// What a line tells.
    public enum Detail: String, Sendable, Hashable, CaseIterable {
        /// What CouchDB 1.x told: type, database, and the id of a design document.
        case plain = "none"
        /// A line for each change, with its seq, id and rev.
        case change
        /// The same, with the document.
        case doc
    }

    /// When waiting notices may be merged. Only plain lines that are not confirmed can be merged while behind.
    public enum Merge: Sendable, Hashable {
        /// While the notifier is behind.
        case whenBehind
        /// Never: it gets a line for each row.
        case never
        /// Always: notices are held back for so long and merged; 1 ms to 1 h.
        case debounce(Duration)
    }

    /// The key in `[update_notification]`.
    public var name: String
    /// The command line, for `/bin/sh`, as it was written.
    public var command: String
    /// The file in which the command stands.
    public var file: String
    /// The line of the command, counted from 1.
    public var line: Int
    /// The databases it is told of; nil for all that the source has.
    public var databases: DatabaseFilter?
    /// The types of notices it gets.
    public var types: Set<NoticeType> = Set(NoticeType.allCases)
    /// Where databases are begun that exist when it first starts; nil for what the source has.
    public var since: SourceSettings.Since?
    /// What its lines tell.
    public var detail: Detail = .plain
    /// How it confirms its lines; nil if it does not.
    public var confirmation: ConfirmationSettings?
    /// How many bytes may wait to be written to it; 64 kB to 1 GB.
    public var outboxSize = 4_000_000
    /// How long it may take to end after its stdin was closed, and again after TERM; 10 ms to 1 h.
    public var stopTimeout: Duration = .seconds(5)
    /// Variables beside the service's own, in their order.
    public var environment: [EnvironmentVariable] = []
    /// The absolute path of the folder it runs in.
    public var workingDirectory: String
    /// When waiting notices may be merged.
    public var merge: Merge = .whenBehind
    /// How many changes that are held back are sent at once, 1 to 1,000,000; nil if any number waits out its time. Only
    /// set where ``merge`` is a duration.
    public var mergeAt: Int?

    /// A notifier without options; `line` counts from 1.
    public init(name: String, command: String, file: String, line: Int, workingDirectory: String) {
        self.name = name
        self.command = command
        self.file = file
        self.line = line
        self.workingDirectory = workingDirectory
    }
}

/// `confirm` and its keys in `[notifier:NAME]`: how a notifier answers its lines.
public struct ConfirmationSettings: Sendable, Hashable {
    /// How many lines may be under way unanswered; 1 to 1,000,000.
    public var window = 1000
    /// How long an answer may take; 10 ms to 24 h.
    public var timeout: Duration = .seconds(60)
    /// After how many deliveries a line becomes a dead letter, 1 to 1,000,000; nil for never.
    public var attempts: Int? = 10
    /// Whether it was written for rsyslog's omprog with `confirmMessages="on"`: it says `OK` once when it is ready,
    /// before it is given anything, and what is not `OK` later means that the line is to be sent again.
    public var greets = false

    /// The defaults of `confirm = yes`.
    public init() {}

    /// The defaults of `confirm = omprog`: such a program reads a line only when it has answered the one before.
    public static let omprog: ConfirmationSettings = {
        var settings = ConfirmationSettings()
        settings.greets = true
        settings.window = 1
        return settings
    }()
}

extension NotifierSettings.Merge: CustomStringConvertible {
    /// As it stands in the configuration.
    public var description: String {
        switch self {
        case .whenBehind: "when_behind"
        case .never: "never"
        case .debounce(let time): DurationText.text(time)
        }
    }
}
