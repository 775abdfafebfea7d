/// Something that is not well and that a person should see to.
public struct Problem: Codable, Sendable, Equatable {
    /// What it is about: the server, a notifier, ...
    public enum Subject: Sendable, Equatable, Codable {
        case configuration
        case server
        case store
        case database(String)
        case notifier(String)
        case daemon(String)
    }

    public var subject: Subject
    /// Whether something that Herald is for does not happen at all; else it is late, or will go wrong at the next start.
    public var isDown: Bool
    /// What is wrong, in words that follow the subject.
    public var text: String
    /// What to do about it.
    public var hint: String

    public init(_ subject: Subject, isDown: Bool, _ text: String, hint: String) {
        self.subject = subject
        self.isDown = isDown
        self.text = text
        self.hint = hint
    }
}
