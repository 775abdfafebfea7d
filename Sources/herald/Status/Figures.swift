import Status

/// Numbers as people read them, short enough for a column.
enum Figures {
    /// `999,999`, and from there `1.2M`, `34M`, `5.6G`: at most seven characters.
    static func count(_ count: some BinaryInteger) -> String {
        guard count >= 1_000_000 else { return whole(count) }
        return scaled(Double(count), by: 1000, units: ["", "k", "M", "G", "T", "P", "E"])
    }

    /// All digits, in groups of three.
    static func whole(_ count: some BinaryInteger) -> String {
        var text = ""
        for (place, digit) in String(count.magnitude).reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (count < 0 ? "-" : "") + String(text.reversed())
    }

    /// `512 B`, `1.5 kB`, `34 MB`; a kB has 1,000 bytes, as in the configuration.
    static func bytes(_ count: some BinaryInteger) -> String {
        guard count >= 1000 else { return "\(count) B" }
        return scaled(Double(count), by: 1000, units: [" B", " kB", " MB", " GB", " TB", " PB", " EB"])
    }

    /// A time in its two largest units: `0.4s`, `12s`, `5m 3s`, `3h 5m`, `4d 3h`.
    static func duration(_ seconds: Double) -> String {
        // Also for what is no number, or is beyond any clock.
        guard seconds > 0, seconds < 1e12 else { return "0s" }
        let tenths = Int((seconds * 10).rounded())
        guard tenths >= 10 else { return "0.\(max(tenths, 1))s" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return pair(whole / 60, "m", whole % 60, "s")
        case ..<86_400: return pair(whole / 3600, "h", whole % 3600 / 60, "m")
        default: return pair(whole / 86_400, "d", whole % 86_400 / 3600, "h")
        }
    }

    private static func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit) \(small)\(smallUnit)"
    }

    private static func scaled(_ value: Double, by step: Double, units: [String]) -> String {
        var value = value
        var unit = 0
        // 999.5 of one unit would be shown as 1000.
        while value >= step - 0.5, unit < units.count - 1 {
            value /= step
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10)\(units[unit])" : "\(Int(value.rounded()))\(units[unit])"
    }
}

/// Tells how long ago something was when a report was made, by the report itself: the clocks of two machines may differ.
struct ReportClock: Sendable {
    private let now: Double?

    init(_ herald: HeraldStatus) {
        now = Self.seconds(herald.started).map { $0 + herald.uptime }
    }

    /// `3s ago`; the time as it stands where it cannot be read.
    func age(of time: String) -> String {
        guard let now, let then = Self.seconds(time) else { return time }
        return now - then < 0.05 ? "just now" : "\(Figures.duration(now - then)) ago"
    }

    /// The seconds since 1970 of a time in RFC 3339 and UTC.
    static func seconds(_ time: String) -> Double? {
        let bytes = Array(time.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int? { Int(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), (1...12).contains(month),
            let second = Double(String(decoding: bytes[17..<(bytes.count - 1)], as: UTF8.self))
        else { return nil }
        // Years begin with March, so that the leap day is the last.
        let years = month > 2 ? year : year - 1
        let days = 365 * years + years / 4 - years / 100 + years / 400 + (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return Double((days - 719_468) * 86_400 + hour * 3600 + minute * 60) + second
    }
}
