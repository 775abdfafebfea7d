/// How saving goes.
public struct SaveRecord: Sendable {
    /// When something was last saved.
    public private(set) var lastSave: ContinuousClock.Instant?
    /// Why nothing can be saved at present, and since when.
    public private(set) var failure: (why: String, since: ContinuousClock.Instant)?

    /// Whether this is the first failure in a row.
    mutating func fail(_ why: String, at now: ContinuousClock.Instant) -> Bool {
        let isFirst = failure == nil
        failure = (why, failure?.since ?? now)
        return isFirst
    }

    /// Whether this is the first success after a failure.
    mutating func succeed(at now: ContinuousClock.Instant) -> Bool {
        lastSave = now
        defer { failure = nil }
        return failure != nil
    }
}
