/// Something that leads a child through one life: the real thing, or one of the tests.
protocol ChildRunner: Sendable {
    /// Starts the child and returns when it and its whole process group are no more. `news` is called on the way, from
    /// any thread.
    func run(
        _ command: ChildCommand,
        input: any ChildInput,
        output: any ChildOutput,
        orders: Orders,
        news: @escaping @Sendable (ChildNews) -> Void
    ) async -> ChildEnd
}

/// What happens on the way through a child's life.
enum ChildNews: Sendable, Equatable {
    case started(pid: Int32)
    /// It has closed its stdin and lives on.
    case closedInput
    /// stdin was closed for it, because a stop was ordered.
    case stopping
    /// It, or what it left behind, did not end in time, and gets TERM.
    case terminating
    /// It, or what it left behind, did not end in time, and gets KILL.
    case killing
}
