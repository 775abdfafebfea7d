/// What daemons may see of the configuration: all of it as merged, the sections of others included, without the secrets.
///
/// A value that is a secret as a whole reads as nil, as if nobody had set it. Within a longer value credentials in urls,
/// and the values of variables that sound like secrets, read as `***`.
public struct ShownConfiguration: Sendable, Hashable {
    private struct Key: Sendable, Hashable {
        var name: String
        var value: String?
    }

    private var sections: [String: [Key]] = [:]

    /// What `layers` say.
    public init(_ layers: Layers) {
        for section in layers.sectionNames {
            sections[section] = layers.keys(of: section).map { key in
                Key(name: key, value: layers[section, key].flatMap { Self.shown($0.text, section, key) })
            }
        }
    }

    /// The keys of `section` in the order in which they first appeared, with nil for a secret; none if there is no such
    /// section. Credentials in a key that is a url are masked too.
    public func section(_ name: String) -> [(key: String, value: String?)] {
        (sections[name] ?? []).map { (maskingCredentials($0.name), $0.value) }
    }

    /// The value of `key` in `section`; nil if there is none, or if it is a secret.
    public func value(_ section: String, _ key: String) -> String? {
        sections[section]?.first { $0.name == key }?.value
    }

    private static func shown(_ value: String, _ section: String, _ key: String) -> String? {
        if SecretNames.isSecret(section, key) { return nil }
        if key == "environment", KnownChild.all.contains(where: { $0.name(in: section) != nil }) {
            return EnvironmentText.masked(value)
        }
        return maskingCredentials(value)
    }
}

extension ShownConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How many sections there are; no key and no value: what is not known for a secret may still be one.
    public var description: String { "ShownConfiguration(\(sections.count) sections)" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// Empty, so that `dump` shows no value.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
