public import Processes

/// The output of a notifier that confirms: its stdout are answers, its stderr is as any other's.
public struct AnswerReader: ChildOutput {
    private let outbox: Outbox
    private let isOmprog: Bool
    private let others: any ChildOutput

    /// - Parameters:
    ///   - isOmprog: Whether answers are as programs for rsyslog's omprog write them.
    ///   - others: Where the lines of stderr go.
    public init(_ outbox: Outbox, isOmprog: Bool, others: any ChildOutput) {
        self.outbox = outbox
        self.isOmprog = isOmprog
        self.others = others
    }

    public func standardOutput(_ line: ChildLine) {
        standardOutput([line])
    }

    public func standardOutput(_ lines: [ChildLine]) {
        outbox.answered(lines.map { isOmprog ? Answer(omprog: $0.bytes) : Answer($0.bytes) })
    }

    public func standardError(_ line: ChildLine) {
        others.standardError(line)
    }

    public func ended() {
        others.ended()
    }
}
