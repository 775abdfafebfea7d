import NIOConcurrencyHelpers

@testable import Processes

/// An owner of numbered lines that a child confirms, as small as it can be: input and output in one.
final class ConfirmingInput: ChildInput, ChildOutput {
    private struct State {
        var confirmation: Processes.Confirmation
        let lines: [String]
        var first = 0
        var next = 0
        var dropped: [String] = []
        var bell: AsyncStream<Void>.Continuation?
        var children = 0
    }

    private let box: NIOLockedValueBox<State>
    private let supervisor = NIOLockedValueBox<Supervisor?>(nil)
    private let isForOmprog: Bool

    init(_ confirmation: Processes.Confirmation, lines: [String], omprog: Bool = false) {
        box = NIOLockedValueBox(State(confirmation: confirmation, lines: lines))
        isForOmprog = omprog
    }

    var confirmed: Int { box.withLockedValue { $0.first } }

    var dropped: [String] { box.withLockedValue { $0.dropped } }

    var children: Int { box.withLockedValue { $0.children } }

    func begin(_ supervisor: Supervisor) {
        self.supervisor.withLockedValue { $0 = supervisor }
    }

    func restart() {
        box.withLockedValue { state in
            state.children += 1
            state.next = state.first
            state.confirmation.childBegan(at: .now)
        }
    }

    func next() async -> [UInt8]? {
        while !Task.isCancelled {
            let (bell, ring) = AsyncStream<Void>.makeStream()
            let (bytes, deadline) = box.withLockedValue { state in
                state.bell = ring
                let count = min(state.confirmation.room, state.lines.count - state.next)
                guard count > 0 else { return ([UInt8](), state.confirmation.deadline) }
                state.confirmation.handed(count, at: .now)
                let lines = state.lines[state.next..<(state.next + count)]
                state.next += count
                return (lines.flatMap { Array("\($0)\n".utf8) }, nil)
            }
            if !bytes.isEmpty { return bytes }
            let alarm = Task {
                guard let deadline else { return }
                try await Task.sleep(until: deadline, clock: .continuous)
                self.act { $0.timePassed(to: .now) }
            }
            for await _ in bell { break }
            alarm.cancel()
        }
        return nil
    }

    func wrote(_ count: Int) {}

    func childEnded(isOrdered: Bool) {
        act { $0.childEnded(isOrdered: isOrdered) }
    }

    func standardOutput(_ line: ChildLine) {
        let answer = isForOmprog ? Answer(omprog: line.bytes) : Answer(line.bytes)
        act { $0.answered(answer, at: .now) }
    }

    func standardError(_ line: ChildLine) {}

    func ended() {}

    private func act(_ happened: (inout Processes.Confirmation) -> Processes.Confirmation.Actions) {
        let (why, bell) = box.withLockedValue { state in
            var why: String?
            for action in happened(&state.confirmation) {
                switch action {
                case .confirmed(let count):
                    state.first += count
                case .dropped(let reason, let deliveries):
                    state.dropped.append("\(state.lines[state.first]): \(reason), \(deliveries)")
                    state.first += 1
                case .stepBack:
                    state.next = state.first
                case .restart(let reason):
                    why = reason
                }
            }
            return (why, state.bell)
        }
        if let why { supervisor.withLockedValue { $0 }?.restart(why) }
        bell?.yield()
    }
}
