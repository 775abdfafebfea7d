/// Why a helper of the tests gave up.
public struct TestFailure: Error, CustomStringConvertible {
    /// What was waited for, and what was there instead.
    public let description: String

    /// A failure with its reason.
    public init(_ description: String) {
        self.description = description
    }
}
