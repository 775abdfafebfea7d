/// One line that a child wrote.
public struct ChildLine: Sendable, Equatable {
    /// Its bytes, without the line end (LF, or CR and LF). They may be anything, also no UTF-8.
    public var bytes: [UInt8]

    /// Whether the line was longer than the limit, so that only its beginning is here.
    public var cut: Bool

    /// Makes a line.
    public init(bytes: [UInt8], cut: Bool = false) {
        self.bytes = bytes
        self.cut = cut
    }
}

/// Where the lines of a child go. The calls come one at a time from the one thread that reads all children's output:
/// they must not block, or every child's output waits.
public protocol ChildOutput: Sendable {
    /// The length in bytes beyond which a line of stdout is cut.
    var standardOutputLimit: Int { get }

    /// The length in bytes beyond which a line of stderr is cut.
    var standardErrorLimit: Int { get }

    /// A line of the child's stdout.
    func standardOutput(_ line: ChildLine)

    /// Lines of the child's stdout that were read together, in order. One after the other, by default.
    func standardOutput(_ lines: [ChildLine])

    /// A line of the child's stderr.
    func standardError(_ line: ChildLine)

    /// The child has ended, and nothing more comes from it. The next line is another child's.
    func ended()
}

extension ChildOutput {
    /// 16 kB.
    public var standardOutputLimit: Int { 16_384 }

    /// 16 kB.
    public var standardErrorLimit: Int { 16_384 }

    public func standardOutput(_ lines: [ChildLine]) {
        for line in lines { standardOutput(line) }
    }
}
