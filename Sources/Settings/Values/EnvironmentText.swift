/// A variable of a notifier's or a daemon's environment.
public struct EnvironmentVariable: Sendable, Hashable {
    /// The name.
    public var name: String
    /// The value; it may be a secret.
    public var value: String

    /// A variable `name` with `value`.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension EnvironmentVariable: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name, and the value masked.
    public var description: String { "\(name)=***" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// Only the name, so that `dump` shows no value.
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

extension EnvironmentVariable {
    /// The value where it may be shown: masked if the name sounds like a secret, and without credentials in urls.
    var shownValue: String {
        SecretNames.soundsSecret(variable: name) ? "***" : maskingCredentials(value)
    }
}

/// The list of variables as the configuration writes it: `LANG=C.UTF-8, GREETING="a, b"`.
enum EnvironmentText {
    private static let ofHerald = ["HERALD_NOTIFIER", "HERALD_DAEMON"]
    private static let example = "write it as in: LANG=C.UTF-8, GREETING=\"a, b\""

    /// The variables in their order. Complaints name variables and never show a value.
    static func parse(_ text: String, isCutByComment: Bool = false) throws(Complaint) -> [EnvironmentVariable] {
        var variables: [EnvironmentVariable] = []
        var names: Set<String> = []
        var rest = text.bytes[...]
        while true {
            let name = try readName(&rest, after: variables.last?.name)
            let value = try readValue(&rest, of: name, isCutByComment)
            guard !ofHerald.contains(name) else {
                throw Complaint("\(name) is set by Herald itself", "choose another name")
            }
            guard names.insert(name).inserted else {
                throw Complaint("the variable \(name) stands twice", "remove one of them")
            }
            variables.append(EnvironmentVariable(name: name, value: value))
            rest = rest.drop { $0.isBlank }
            guard let next = rest.first else { return variables }
            guard next == .comma else {
                throw Complaint("text follows the closing quote of \(name)", "separate variables by commas")
            }
            rest = rest.dropFirst()
        }
    }

    /// `text` where it may be shown, masked as ``EnvironmentVariable/shownValue`` has it; nil if it is no such list.
    static func masked(_ text: String) -> String? {
        guard let variables = try? parse(text) else { return nil }
        if variables.allSatisfy({ $0.shownValue == $0.value }) { return text }
        return variables.map { "\($0.name)=\(written($0.shownValue))" }.joined(separator: ", ")
    }

    /// `value` as ``parse(_:isCutByComment:)`` reads it back.
    private static func written(_ value: String) -> String {
        let bytes = value.bytes
        let needsQuotes =
            bytes.contains { $0 == .comma || $0 == .doubleQuote } || bytes[...].trimmed.count < bytes.count
        guard needsQuotes else { return value }
        let escaped = bytes.flatMap { $0 == .doubleQuote || $0 == .backslash ? [.backslash, $0] : [$0] }
        return "\"\(String(decoding: escaped, as: UTF8.self))\""
    }

    private static func readName(_ rest: inout ArraySlice<UInt8>, after last: String?) throws(Complaint) -> String {
        guard let equals = rest.firstIndex(of: .equals) else {
            throw Complaint("a variable without '=' stands in the list", example)
        }
        let name = rest[..<equals].trimmed
        guard let first = name.first, !first.isDigit,
            name.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") })
        else {
            // What stands here may be the rest of a value with a comma in it, so it is not shown.
            let place = last.map { "after \($0)" } ?? "first in the list"
            throw Complaint(
                "the variable \(place) has a bad name",
                "names have letters, digits and '_' and no digit first; values with commas need double quotes"
            )
        }
        rest = rest[(equals + 1)...].drop { $0.isBlank }
        return name.text
    }

    private static func readValue(
        _ rest: inout ArraySlice<UInt8>,
        of name: String,
        _ isCutByComment: Bool
    ) throws(Complaint) -> String {
        guard rest.first == .doubleQuote else {
            let value = rest.prefix { $0 != .comma }
            guard !value.contains(.doubleQuote) else {
                throw Complaint(
                    "a double quote stands inside the value of \(name)",
                    "put the whole value in double quotes"
                )
            }
            rest = rest[value.endIndex...]
            return value.trimmed.text
        }
        var value: [UInt8] = []
        var index = rest.startIndex + 1
        while index < rest.endIndex {
            let byte = rest[index]
            let next = index + 1 < rest.endIndex ? rest[index + 1] : nil
            if byte == .doubleQuote {
                rest = rest[(index + 1)...]
                return String(decoding: value, as: UTF8.self)
            }
            if byte == .backslash, let next, next == .doubleQuote || next == .backslash {
                value.append(next)
                index += 2
            } else {
                value.append(byte)
                index += 1
            }
        }
        throw Complaint(
            "the double quote of \(name) is not closed",
            isCutByComment ? "note that ' ;' begins a comment in this file and cut the value there" : "close it"
        )
    }
}
