/// In which keys two configurations differ. It compares the values themselves, secrets too, and keeps none of them. Where
/// in the files a value stands, and in which order, makes no difference.
public struct LayersDifference: Sendable, Hashable {
    private var keys: [String: Set<String>] = [:]

    /// What changes from `old` to `new`: keys that come, that go, and that have another value.
    public init(from old: Layers, to new: Layers) {
        for section in Set(old.sectionNames + new.sectionNames) {
            let names = Set(old.keys(of: section) + new.keys(of: section))
            // As bytes: strings are equal too where only their Unicode normal forms differ.
            let changed = names.filter { old[section, $0]?.text.bytes != new[section, $0]?.text.bytes }
            if !changed.isEmpty { keys[section] = changed }
        }
    }

    /// Whether nothing changes.
    public var isEmpty: Bool { keys.isEmpty }

    /// Whether anything in `section` changes.
    public func changes(_ section: String) -> Bool {
        keys[section] != nil
    }

    /// Whether the value of `key` in `section` changes.
    public func changes(_ section: String, _ key: String) -> Bool {
        keys[section]?.contains(key) ?? false
    }
}

extension LayersDifference: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// How many sections change; no key: a misspelt line may be a secret.
    public var description: String { "LayersDifference(\(keys.count) sections)" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// Empty, so that `dump` shows no key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
