/// Durations as the configuration writes them: `500ms`, `10s`, `1.5m`, `1h`, `30d`.
enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// The duration that `text` tells, if it lies within `bounds`; `example` is for the hint.
    static func parse(
        _ text: String,
        within bounds: ClosedRange<Duration>,
        example: String
    ) throws(Complaint) -> Duration {
        let bytes = text.bytes[...]
        let whole = bytes.prefix { $0.isDigit }
        var rest = bytes[whole.endIndex...]
        var fraction = rest[rest.startIndex..<rest.startIndex]
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix { $0.isDigit }
            rest = rest[fraction.endIndex...]
            guard fraction.count == 1 else { throw bad(text, example) }
        }
        let unit = units.first { Array($0.name.utf8) == Array(rest) }
        guard let unit, let number = Int64(whole.text) else {
            if !whole.isEmpty, rest.isEmpty {
                throw Complaint(
                    "\(quoted(text)) has no unit",
                    "write ms, s, m, h or d behind the number, as in \(example)"
                )
            }
            throw bad(text, example)
        }
        let tenths = Int64(fraction.first.map { $0 - UInt8(ascii: "0") } ?? 0)
        // So much of any unit is far from overflow, and more than any bounds allow.
        guard number <= 1_000_000_000_000 else { throw outside(text, bounds) }
        let duration = Duration.microseconds(unit.milliseconds * 100) * (number * 10 + tenths)
        guard bounds.contains(duration) else { throw outside(text, bounds) }
        return duration
    }

    /// The shortest text that ``parse(_:within:example:)`` reads as `duration`; below a millisecond is cut off.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        let unit = units.last { milliseconds % $0.milliseconds == 0 && milliseconds != 0 } ?? units[1]
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }

    private static func bad(_ text: String, _ example: String) -> Complaint {
        Complaint("\(quoted(text)) is no duration", "write a number and ms, s, m, h or d, as in \(example)")
    }

    private static func outside(_ text: String, _ bounds: ClosedRange<Duration>) -> Complaint {
        let range = "\(self.text(bounds.lowerBound)) to \(self.text(bounds.upperBound))"
        return Complaint("\(quoted(text)) is out of range", "choose a duration of \(range)")
    }
}
