// How a notifier is told: `confirm`, `merge` and their keys in `[notifier:NAME]`.

extension SettingsReader {
    private static let counts = 1...1_000_000
    private static let confirmTimeouts: ClosedRange<Duration> = .milliseconds(10) ... .seconds(24 * 3600)
    private static let holdTimes: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)

    private enum Confirm: String, CaseIterable {
        case yes, no, omprog
    }

    mutating func readConfirmation(_ section: String) -> ConfirmationSettings? {
        let confirm: Confirm? = choice(section, "confirm")
        let window = count(section, "window")
        let timeout = duration(section, "confirm_timeout", Self.confirmTimeouts, example: "60s")
        let attempts = take(section, "attempts") { (value) throws(Complaint) -> Int? in
            value.text == "unlimited" ? nil : try CountText.parse(value.text, within: Self.counts, or: "unlimited")
        }
        if layers[section, "confirm"] == nil {
            for key in ["window", "confirm_timeout", "attempts"] {
                guard let value = layers[section, key] else { continue }
                faults.add(
                    Place(value),
                    "\(key) has no effect without confirm = yes",
                    "add confirm = yes, or remove it"
                )
            }
        }
        guard let confirm, confirm != .no else { return nil }
        var confirmation = confirm == .omprog ? ConfirmationSettings.omprog : ConfirmationSettings()
        confirmation.window = window ?? confirmation.window
        confirmation.timeout = timeout ?? confirmation.timeout
        confirmation.attempts = attempts ?? confirmation.attempts
        return confirmation
    }

    /// Reads `merge` and `merge_at` into `notifier`, whose `detail` has been read.
    mutating func readMerge(_ section: String, into notifier: inout NotifierSettings) {
        let merge = take(section, "merge") { (value) throws(Complaint) in try Self.merge(value.text) }
        notifier.merge = merge ?? notifier.merge
        notifier.mergeAt = count(section, "merge_at")
        let value = layers[section, "merge"]
        if case .debounce = notifier.merge {
            guard let value, notifier.detail != .plain else { return }
            faults.add(
                Place(value),
                "merge: lines with detail = \(notifier.detail.rawValue) cannot be merged",
                "remove merge, or remove detail"
            )
        } else if let mergeAt = layers[section, "merge_at"], merge != nil || value == nil {
            // Where merge is at fault itself, that has been said.
            faults.add(
                Place(mergeAt),
                "merge_at has no effect without a duration in merge",
                "write a duration there, as in merge = 500ms, or remove it"
            )
        }
    }

    private static func merge(_ text: String) throws(Complaint) -> NotifierSettings.Merge {
        switch text {
        case NotifierSettings.Merge.whenBehind.description: return .whenBehind
        case NotifierSettings.Merge.never.description: return .never
        default: break
        }
        guard text.utf8.first?.isDigit == true else {
            let hint = nearestName(to: text, among: ["when_behind", "never"]).map { "did you mean '\($0)'?" }
            throw Complaint(
                "\(quoted(text)) is not known",
                hint ?? "choose when_behind, never, or a duration as in merge = 500ms"
            )
        }
        return .debounce(try DurationText.parse(text, within: holdTimes, example: "merge = 500ms"))
    }

    private mutating func count(_ section: String, _ key: String) -> Int? {
        take(section, key) { (value) throws(Complaint) in try CountText.parse(value.text, within: Self.counts) }
    }
}
