/// What a daemon may see of the configuration. Whoever gives it masks what is secret.
public protocol DaemonConfiguration: Sendable {
    /// The keys and values of a section in the order of their first appearance, empty where there is none; a value is
    /// `nil` where it may not be seen.
    func section(_ name: String) -> [(key: String, value: String?)]

    /// The value of a key; `nil` where there is none, or where it may not be seen.
    func value(_ section: String, _ key: String) -> String?
}

extension DaemonConfiguration {
    /// The section as the answer to `["get", S]`: `{"k":"v"}` and a line feed, compact.
    func answer(section name: String?) -> [UInt8] {
        var line: [UInt8] = [UInt8(ascii: "{")]
        let members: [(key: String, value: String?)] = if let name { section(name) } else { [] }
        for (key, value) in members {
            if line.count > 1 { line.append(UInt8(ascii: ",")) }
            line += JSONText.quoted(key)
            line.append(UInt8(ascii: ":"))
            line += Self.json(value)
        }
        return line + Array("}\n".utf8)
    }

    /// The value as the answer to `["get", S, K]`.
    func answer(section: String?, key: String?) -> [UInt8] {
        let value = if let section, let key { self.value(section, key) } else { nil as String? }
        return Self.json(value) + [UInt8(ascii: "\n")]
    }

    private static func json(_ value: String?) -> [UInt8] {
        value.map(JSONText.quoted) ?? Array("null".utf8)
    }
}
