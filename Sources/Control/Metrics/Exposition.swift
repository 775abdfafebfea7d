/// Writes Prometheus' text format 0.0.4.
struct Exposition {
    enum Kind: String {
        case counter, gauge
    }

    private(set) var text = ""

    /// One metric with all its samples; nothing where there are none.
    mutating func add(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ samples: [(labels: KeyValuePairs<String, String>, value: Double)]
    ) {
        guard !samples.isEmpty else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            text += name
            if !sample.labels.isEmpty {
                text += "{"
                for (index, label) in sample.labels.enumerated() {
                    text += "\(index == 0 ? "" : ",")\(label.key)=\"\(Self.escaped(label.value))\""
                }
                text += "}"
            }
            text += " \(Self.number(sample.value))\n"
        }
    }

    /// One metric without labels.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        let none: KeyValuePairs<String, String> = [:]
        add(name, kind, help, [(none, value)])
    }

    /// A label's value: backslash, quote and newline escaped.
    static func escaped(_ value: String) -> String {
        var escaped: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): escaped += #"\\"#.utf8
            case UInt8(ascii: "\""): escaped += #"\""#.utf8
            case 0x0A: escaped += #"\n"#.utf8
            // Readers that split at it take it for the end of the line.
            case 0x0D: escaped += " ".utf8
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// Whole numbers without a fraction, the others as Swift writes them.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}
