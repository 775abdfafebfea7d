import Status

extension StatusReport {
    /// What is wrong, the worst first.
    var problems: [Problem] { [] }
}
