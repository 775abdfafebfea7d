/// Sizes in bytes as the configuration writes them: `64kB`, `4MB`, `1.5GB`; 1 MB is 1,000,000 bytes.
enum SizeText {
    private static let units: [(name: String, bytes: Int)] = [
        ("B", 1), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000),
    ]

    /// The number of bytes that `text` tells, if it lies within `bounds`; `example` is for the hint.
    static func parse(_ text: String, within bounds: ClosedRange<Int>, example: String) throws(Complaint) -> Int {
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
        guard let unit, !whole.isEmpty else {
            if !whole.isEmpty, rest.isEmpty {
                throw Complaint(
                    "\(quoted(text)) has no unit",
                    "write B, kB, MB or GB behind the number, as in \(example)"
                )
            }
            throw bad(text, example)
        }
        let tenths = Int(fraction.first.map { $0 - UInt8(ascii: "0") } ?? 0)
        guard tenths == 0 || unit.bytes > 1 else { throw bad(text, example) }
        // So much of any unit is far from overflow, and more than any bounds allow.
        guard let number = Int(whole.text), number <= 1_000_000_000 else { throw outside(text, bounds) }
        let size = number * unit.bytes + tenths * (unit.bytes / 10)
        guard bounds.contains(size) else { throw outside(text, bounds) }
        return size
    }

    /// The shortest text of whole units that ``parse(_:within:example:)`` reads as `size`.
    static func text(_ size: Int) -> String {
        let unit = units.last { size % $0.bytes == 0 && size != 0 } ?? units[0]
        return "\(size / unit.bytes)\(unit.name)"
    }

    private static func bad(_ text: String, _ example: String) -> Complaint {
        Complaint("\(quoted(text)) is no size", "write a number and B, kB, MB or GB, as in \(example)")
    }

    private static func outside(_ text: String, _ bounds: ClosedRange<Int>) -> Complaint {
        let range = "\(self.text(bounds.lowerBound)) to \(self.text(bounds.upperBound))"
        return Complaint("\(quoted(text)) is out of range", "choose a size of \(range)")
    }
}
