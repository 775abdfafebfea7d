import Glibc

/// All that a run of the benchmark has made and must take away again: children
/// and a folder.
final class Household {
    let signals: Signals
    let folder: TemporaryFolder
    private var children: [Child] = []
    private var fileCount = 0

    init(_ signals: Signals) throws {
        self.signals = signals
        folder = try TemporaryFolder()
    }

    /// A name for a file in the folder that was not given before.
    func newFile(_ name: String) -> String {
        fileCount += 1
        return "\(folder.path)/\(fileCount)-\(name)"
    }

    /// Starts a child that ``clear()`` ends if nobody else does.
    func start(_ command: [String], input: CInt? = nil, output: CInt? = nil, errors: CInt? = nil) throws -> Child {
        let child = try Child(command, input: input, output: output, errors: errors)
        children.append(child)
        return child
    }

    /// Waits until the child has ended.
    @discardableResult
    func wait(for child: Child, seconds: Double) throws -> Child.End {
        try signals.wait(for: "the end of \(child.name)", seconds: seconds) { child.hasEnded() }
        children.removeAll { $0 === child }
        guard let end = child.end else { throw BenchError("\(child.name) ended and left no trace") }
        return end
    }

    /// Ends all children that live, and removes the folder. Never throws, and takes no longer than it must: it is
    /// what is left to do after a failure or Ctrl-C.
    func clear() {
        for signal in [SIGTERM, SIGKILL] {
            for child in children { child.signal(signal) }
            let deadline = monotonicNanoseconds() + 5_000_000_000
            while children.contains(where: { !$0.hasEnded() }), monotonicNanoseconds() < deadline {
                usleep(5000)
            }
        }
        children = []
        folder.remove()
    }
}
