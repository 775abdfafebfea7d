/// Seconds since 1970 of a time that the status tells.
enum Timestamp {
    /// - Parameter text: RFC 3339 in UTC, as the status has it: `2026-11-21T10:00:00.000Z`. `nil` where it is none.
    static func seconds(_ text: String) -> Double? {
        guard let match = text.wholeMatch(of: /(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d+)?)Z/),
            let year = Int(match.1), let month = Int(match.2), let day = Int(match.3),
            let hour = Int(match.4), let minute = Int(match.5), let second = Double(match.6),
            1...12 ~= month, 1...31 ~= day
        else { return nil }
        // The year begins in March here, so that the leap day is its last.
        let shifted = month <= 2 ? year - 1 : year
        let leapDays = shifted / 4 - shifted / 100 + shifted / 400
        let daysBefore = (153 * ((month + 9) % 12) + 2) / 5
        let days = 365 * shifted + leapDays + daysBefore + day - 1 - 719_468
        return Double(days * 86_400 + hour * 3600 + minute * 60) + second
    }
}
