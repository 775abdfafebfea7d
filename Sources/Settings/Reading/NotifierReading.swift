// `[update_notification]` and `[notifier:NAME]`.

extension SettingsReader {
    private static let outboxSizes = 64_000...1_000_000_000

    mutating func readNotifiers(of source: SourceSettings) -> [NotifierSettings] {
        checkOptionSections(of: .notifier)
        var notifiers: [NotifierSettings] = []
        for name in layers.keys(of: KnownChild.notifier.commands) {
            guard let command = layers[KnownChild.notifier.commands, name] else { continue }
            notifiers.append(readNotifier(name, command, source))
        }
        if notifiers.isEmpty, layers.keys(of: KnownChild.daemon.commands).isEmpty, isComplete {
            warnings.add(
                nowhere,
                "no notifier: nobody will be told of anything",
                "add a line NAME = COMMAND to [update_notification]"
            )
        }
        return notifiers
    }

    private mutating func readNotifier(
        _ name: String,
        _ command: Layers.Value,
        _ source: SourceSettings
    ) -> NotifierSettings {
        let section = KnownChild.notifier.section(name)
        var notifier = NotifierSettings(
            name: name,
            command: command.text,
            file: command.file,
            line: command.line,
            workingDirectory: texts[command.layer].folder
        )
        readCommandAndOptions(of: .notifier, into: &notifier)
        notifier.databases = filter(section)
        notifier.types =
            take(section, "types") { (value) throws(Complaint) in try Self.types(value.text) } ?? notifier.types
        notifier.since = choice(section, "since")
        notifier.detail = choice(section, "detail") ?? notifier.detail
        notifier.confirmation = readConfirmation(section)
        notifier.outboxSize =
            take(section, "outbox") { (value) throws(Complaint) in
                try SizeText.parse(value.text, within: Self.outboxSizes, example: "outbox = 4MB")
            } ?? notifier.outboxSize
        readMerge(section, into: &notifier)
        checkReach(of: notifier, source)
        return notifier
    }

    private static func types(_ text: String) throws(Complaint) -> Set<NotifierSettings.NoticeType> {
        var types: Set<NotifierSettings.NoticeType> = []
        for item in text.commaSeparated {
            types.insert(try word(item))
        }
        return types
    }

    /// A notifier that asks by name for what is not watched would wait for ever, and nobody would know why.
    private mutating func checkReach(of notifier: NotifierSettings, _ source: SourceSettings) {
        guard let databases = notifier.databases,
            let value = layers[KnownChild.notifier.section(notifier.name), "databases"]
        else { return }
        for name in databases.literalNames where !source.databases.matches(name) {
            warnings.add(
                Place(value),
                "\(quoted(name)) is not among the databases of [source], so \(quoted(notifier.name)) hears nothing of it",
                "add it to databases in [source]"
            )
        }
    }
}
