/// Why the control interface cannot be opened: what is wrong, where, and what to do next.
public struct ControlFault: Error, Sendable, Equatable {
    /// What kind of trouble it is.
    public enum Kind: Sendable, Equatable {
        /// Another program listens at the address. Another Herald, perhaps.
        case addressTaken
        /// The address cannot be bound: this machine has none like it, the name is not known, rights are missing.
        case addressUnusable
        /// The control socket cannot be made.
        case socket
        /// The token cannot be made or read.
        case token
    }

    /// What kind of trouble it is.
    public var kind: Kind
    /// The address, socket or file.
    public var place: String
    /// What is wrong.
    public var message: String
    /// What to do next.
    public var hint: String

    public init(_ kind: Kind, _ place: String, _ message: String, hint: String) {
        self.kind = kind
        self.place = place
        self.message = message
        self.hint = hint
    }
}

extension ControlFault: CustomStringConvertible {
    /// `place: what is wrong; what to do`.
    public var description: String { "\(place): \(message); \(hint)" }
}
