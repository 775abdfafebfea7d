/// Sizes in bytes as the configuration writes them: `64kB`, `4MB`, `1.5GB`; 1 MB is 1,000,000 bytes.
enum SizeText {
    private static let form = UnitText(
        noun: "size",
        units: [("B", 1), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000)]
    )

    /// The number of bytes that `text` tells, if it lies within `bounds`; `example` is for the hint.
    static func parse(_ text: String, within bounds: ClosedRange<Int>, example: String) throws(Complaint) -> Int {
        let tenths = try form.tenths(text, example: example)
        // There is no half a byte.
        if let tenths, tenths % 10 != 0 { throw form.bad(text, example) }
        guard let tenths, bounds.contains(tenths / 10) else {
            throw form.outside(text, self.text(bounds.lowerBound), self.text(bounds.upperBound))
        }
        return tenths / 10
    }

    /// The shortest text of whole units that ``parse(_:within:example:)`` reads as `size`.
    static func text(_ size: Int) -> String {
        form.text(size, zero: "B")
    }
}
