import Glibc

/// A time of day as logs and the status have it: UTC, RFC 3339, milliseconds.
public enum Timestamp {
    /// The present moment.
    public static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return text(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// The time of day so long ago, by the clock as it is set now.
    public static func ago(_ duration: Duration) -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let (seconds, attoseconds) = duration.components
        let milliseconds = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        return text(milliseconds: milliseconds - seconds * 1000 - attoseconds / 1_000_000_000_000_000)
    }

    /// A time in milliseconds since 1970.
    public static func text(milliseconds: Int64) -> String {
        // Rounded down before 1970 too, so that the rest is never negative.
        let rest = (milliseconds % 1000 + 1000) % 1000
        return text(seconds: Int((milliseconds - rest) / 1000), nanoseconds: Int(rest) * 1_000_000)
    }

    static func text(seconds: Int, nanoseconds: Int) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(width - digits.count, 0)) + digits
        }
        let date =
            "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
        let clock = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
        return "\(date)T\(clock).\(padded(nanoseconds / 1_000_000, 3))Z"
    }
}

extension Duration {
    /// In seconds, to the millisecond.
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds * 1000 + attoseconds / 1_000_000_000_000_000) / 1000
    }
}
