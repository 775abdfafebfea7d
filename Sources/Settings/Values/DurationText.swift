/// Durations as the configuration writes them: `500ms`, `10s`, `1.5m`, `1h`, `30d`.
enum DurationText {
    private static let form = UnitText(
        noun: "duration",
        units: [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
    )

    /// The duration that `text` tells, if it lies within `bounds`; `example` is for the hint.
    static func parse(
        _ text: String,
        within bounds: ClosedRange<Duration>,
        example: String
    ) throws(Complaint) -> Duration {
        let duration = try form.tenths(text, example: example).map { Duration.microseconds(100) * $0 }
        guard let duration, bounds.contains(duration) else {
            throw form.outside(text, self.text(bounds.lowerBound), self.text(bounds.upperBound))
        }
        return duration
    }

    /// The shortest text that ``parse(_:within:example:)`` reads as `duration`; below a millisecond is cut off.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return form.text(Int(seconds * 1000 + attoseconds / 1_000_000_000_000_000), zero: "s")
    }
}
