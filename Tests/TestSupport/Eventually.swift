extension Duration {
    /// How long a test waits for what must come: long, since it costs nothing where it does come, and a busy machine may
    /// let a process starve for many seconds.
    public static let patience = Duration.seconds(180)
}

/// Waits until `condition` holds, looking at it every `interval`.
///
/// Throws a ``TestFailure`` that names `what` when `deadline` has passed, and whatever `condition` throws.
public func eventually(
    _ what: String = "the condition",
    deadline: Duration = .patience,
    every interval: Duration = .milliseconds(5),
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + deadline
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < end else {
            throw TestFailure("\(what) did not come true within \(deadline)")
        }
        try await Task.sleep(for: interval)
    }
}

/// Waits until `value` gives something, looking every `interval`, and returns it. (It has a name of its own: a closure
/// that gives a Bool would be a value that is always there.)
///
/// Throws a ``TestFailure`` that names `what` when `deadline` has passed, and whatever `value` throws.
public func waitForValue<T>(
    _ what: String,
    deadline: Duration = .patience,
    every interval: Duration = .milliseconds(5),
    value: () async throws -> T?
) async throws -> T {
    let end = ContinuousClock.now + deadline
    while true {
        if let found = try await value() { return found }
        guard ContinuousClock.now < end else {
            throw TestFailure("\(what) was not there within \(deadline)")
        }
        try await Task.sleep(for: interval)
    }
}
