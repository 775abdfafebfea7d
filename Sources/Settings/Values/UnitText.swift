/// A number and its unit as the configuration writes them: digits, perhaps a
/// point and one digit more, and the unit right behind.
struct UnitText {
    /// What is written so, for complaints: `size`.
    let noun: String
    /// From the smallest on; `value` is how many of the smallest it is.
    let units: [(name: String, value: Int)]

    /// What `text` tells, in tenths of the smallest unit; `nil` if that is more than an `Int` holds, and so more than any
    /// bounds allow. `example` is for the hint.
    func tenths(_ text: String, example: String) throws(Complaint) -> Int? {
        let bytes = text.bytes[...]
        let whole = bytes.prefix { $0.isDigit }
        var rest = bytes[whole.endIndex...]
        var tenth = [UInt8(ascii: "0")][...]
        if rest.first == UInt8(ascii: ".") {
            tenth = rest.dropFirst().prefix { $0.isDigit }
            rest = rest[tenth.endIndex...]
        }
        guard !whole.isEmpty, tenth.count == 1 else { throw bad(text, example) }
        guard !rest.isEmpty else {
            throw Complaint("\(quoted(text)) has no unit", "write \(names) behind the number, as in \(example)")
        }
        guard let unit = units.first(where: { Array($0.name.utf8) == Array(rest) }) else { throw bad(text, example) }
        guard let number = Int((whole + tenth).text) else { return nil }
        let (tenths, isTooMuch) = number.multipliedReportingOverflow(by: unit.value)
        return isTooMuch ? nil : tenths
    }

    /// The shortest text of whole units that is `amount` of the smallest; `zero` is the unit of none.
    func text(_ amount: Int, zero: String) -> String {
        guard amount != 0, let unit = units.last(where: { amount % $0.value == 0 }) else { return "0\(zero)" }
        return "\(amount / unit.value)\(unit.name)"
    }

    func bad(_ text: String, _ example: String) -> Complaint {
        Complaint("\(quoted(text)) is no \(noun)", "write a number and \(names), as in \(example)")
    }

    func outside(_ text: String, _ lowest: String, _ highest: String) -> Complaint {
        Complaint("\(quoted(text)) is out of range", "choose a \(noun) of \(lowest) to \(highest)")
    }

    /// As in `s, m or h`.
    private var names: String {
        "\(units.dropLast().map(\.name).joined(separator: ", ")) or \(units.last?.name ?? "")"
    }
}
