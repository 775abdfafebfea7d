/// Says what follows the end of a child that was not ended on purpose. A value that knows no I/O.
public protocol RestartRule: Sendable {
    /// A child has ended by itself, or could not be started.
    /// - Parameters:
    ///   - life: How long it lived; 0 if it could not be started.
    ///   - now: The moment of its end.
    mutating func afterEnd(ofLife life: Duration, at now: Timekeeper.Instant) -> AfterEnd

    /// What failed before counts no more: a person has started the child, or it is given another command.
    mutating func forget()

    /// How many failures count at this moment.
    func failures(at now: Timekeeper.Instant) -> Int
}

/// What follows the end of a child.
public enum AfterEnd: Sendable, Equatable {
    /// Another is started after this pause.
    case start(after: Duration)
    /// None is started until somebody says so.
    case halt
}
