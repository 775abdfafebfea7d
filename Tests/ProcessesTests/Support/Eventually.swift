import Testing

/// Waits until `condition` holds, and says what did not happen if it does not within `limit`.
func eventually(
    _ what: @autoclosure () -> String,
    within limit: Duration = .seconds(180),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () -> Bool
) async throws {
    let deadline = ContinuousClock.now.advanced(by: limit)
    while !condition() {
        guard ContinuousClock.now < deadline else {
            let what = what()
            Issue.record("not within \(limit): \(what)", sourceLocation: sourceLocation)
            throw NotInTime(what: what)
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

struct NotInTime: Error {
    let what: String
}
