/// Whole numbers as the configuration writes them: digits and nothing else.
enum CountText {
    /// The number that `text` tells, if it lies within `bounds`; `or` is for the hint: what may stand instead of a number.
    static func parse(_ text: String, within bounds: ClosedRange<Int>, or other: String? = nil) throws(Complaint) -> Int
    {
        let choice = "choose a number of \(bounds.lowerBound) to \(bounds.upperBound)"
        let hint = other.map { "\(choice), or \($0)" } ?? choice
        guard !text.isEmpty, text.utf8.allSatisfy(\.isDigit) else {
            throw Complaint("\(quoted(text)) is no whole number", hint)
        }
        // Digits that are no Int are too many of them.
        guard let number = Int(text), bounds.contains(number) else {
            throw Complaint("\(quoted(text)) is out of range", hint)
        }
        return number
    }
}
