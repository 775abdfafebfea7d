// `[update_notification]` and `[notifier:NAME]`.

extension SettingsReader {
    private static let stopTimeouts: ClosedRange<Duration> = .milliseconds(10) ... .seconds(3600)
    private static let outboxSizes = 64_000...1_000_000_000

    mutating func readNotifiers(of source: SourceSettings) -> [NotifierSettings] {
        let names = layers.keys(of: Known.commands)
        checkOptionSections(names)
        var notifiers: [NotifierSettings] = []
        for name in names {
            guard let command = layers[Known.commands, name] else { continue }
            notifiers.append(readNotifier(name, command, source))
        }
        if names.isEmpty, isComplete {
            warnings.add(
                nowhere,
                "no notifier: nobody will be told of anything",
                "add a line NAME = COMMAND to [update_notification]"
            )
        }
        return notifiers
    }

    /// Every `[notifier:NAME]` must have a command, if only one that another layer removed.
    private mutating func checkOptionSections(_ names: [String]) {
        guard isComplete else { return }
        let mentioned = Set(documents.flatMap(\.entries).filter { $0.section == Known.commands }.map(\.key))
        var seen: Set<String> = []
        for (layer, document) in documents.enumerated() {
            for header in document.headers where Known.isNotifier(header.name) {
                let name = String(decoding: header.name.utf8.dropFirst(Known.notifierPrefix.utf8.count), as: UTF8.self)
                guard !mentioned.contains(name), seen.insert(name).inserted else { continue }
                let hint = nearestName(to: name, among: names).map { "did you mean [\(Known.notifierPrefix)\($0)]?" }
                faults.add(
                    Place(file: document.file, line: header.line, layer: layer),
                    "no notifier has the name \(quoted(name))",
                    hint ?? "add its command to [update_notification], or remove this section"
                )
            }
        }
    }

    private mutating func readNotifier(
        _ name: String,
        _ command: Layers.Value,
        _ source: SourceSettings
    ) -> NotifierSettings {
        let section = Known.notifierPrefix + name
        _ = take(Known.commands, name) { (value) throws(Complaint) in
            try CommandText.check(value.text, isCutByComment: value.isCutByComment)
        }
        var notifier = NotifierSettings(
            name: name,
            command: command.text,
            file: command.file,
            line: command.line,
            workingDirectory: texts[command.layer].folder
        )
        notifier.databases = filter(section)
        notifier.types =
            take(section, "types") { (value) throws(Complaint) in try Self.types(value.text) } ?? notifier.types
        notifier.stopTimeout =
            duration(section, "stop_timeout", Self.stopTimeouts, example: "5s") ?? notifier.stopTimeout
        notifier.environment =
            take(section, "environment") { (value) throws(Complaint) in
                try EnvironmentText.parse(value.text, isCutByComment: value.isCutByComment)
            } ?? []
        notifier.workingDirectory = workingDirectory(section) ?? notifier.workingDirectory
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

    private mutating func workingDirectory(_ section: String) -> String? {
        guard let (path, place) = path(section, "working_directory") else { return nil }
        switch files.look(path) {
        case .absent(let reason):
            faults.add(place, "working_directory: \(path) cannot be used: \(reason)", "make it; \(Self.pathHint)")
        case .file:
            faults.add(place, "working_directory: \(path) is no folder", "name a folder; \(Self.pathHint)")
        case .folder:
            break
        }
        return path
    }

    /// A notifier that asks by name for what is not watched would wait for ever, and nobody would know why.
    private mutating func checkReach(of notifier: NotifierSettings, _ source: SourceSettings) {
        guard let value = layers[Known.notifierPrefix + notifier.name, "databases"], let databases = notifier.databases
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
