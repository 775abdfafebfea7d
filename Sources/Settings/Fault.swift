/// What is wrong with a configuration, where, and what to do about it. Warnings have the same shape.
public struct Fault: Error, Sendable, Hashable {
    /// The file as it was named on the command line, or the environment variable that is at fault.
    public var file: String
    /// The line, counted from 1; nil if the fault is the whole file's.
    public var line: Int?
    /// What is wrong. Never holds a secret.
    public var message: String
    /// What to do next.
    public var hint: String

    /// A fault of `file`; `line` counts from 1.
    public init(file: String, line: Int? = nil, message: String, hint: String) {
        self.file = file
        self.line = line
        self.message = message
        self.hint = hint
    }
}

extension Fault: CustomStringConvertible {
    /// `file:line: what is wrong; what to do`, always one line.
    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return printable("\(place): \(message); \(hint)")
    }
}

/// All faults of a configuration, by file and line.
public struct Faults: Error, Sendable, Hashable {
    /// The faults, in the order of the files and lines; never empty when thrown.
    public var faults: [Fault]
    /// What would have been a warning, had there been no fault.
    public var warnings: [Fault]

    /// Faults in the order in which they are to be shown.
    public init(_ faults: [Fault], warnings: [Fault] = []) {
        self.faults = faults
        self.warnings = warnings
    }
}

extension Faults: CustomStringConvertible {
    /// One fault a line.
    public var description: String {
        faults.map(\.description).joined(separator: "\n")
    }
}
