/// What went through an outbox since it was made, and what is in it.
public struct OutboxTally: Sendable, Equatable {
    /// Lines that were delivered.
    public var lines: UInt64
    /// Notices that were merged into others, or into nothing.
    public var merged: UInt64
    /// How many bytes of lines are not delivered yet.
    public var waitingBytes: Int
    /// Lines that were given to the notifier and are not confirmed yet; `nil` where it does not confirm.
    public var unconfirmed: Int?
    /// For how long the first line waits that has not been delivered; `nil` where none does.
    public var age: Duration?
    /// Whether notices are merged, or the next one would be, because the notifier is behind.
    public var isMerging: Bool
}
