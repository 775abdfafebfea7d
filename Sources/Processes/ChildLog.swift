import Logging

/// What the log says of one child: a line each time that something becomes of it.
struct ChildLog: Sendable {
    private let title: String
    private let name: String
    private let logger: Logger

    init(kind: String, name: String, logger: Logger) {
        title = "\(kind) \(name)"
        self.name = name
        self.logger = logger
    }

    func hear(_ news: ChildNews) {
        switch news {
        case .started(let pid): logger.info("\(title) started, process \(pid)")
        case .stopping: break
        case .closedInput:
            logger.warning(
                "\(title) has closed its stdin but lives on; it is stopped and started again; it should read its stdin to the end"
            )
        case .terminating: logger.info("\(title), or what it left behind, still runs: TERM to its process group")
        case .killing: logger.warning("\(title), or what it left behind, still runs: KILL to its process group")
        }
    }

    /// It ended after such a life. `next` is `nil` if that was wanted.
    func ended(_ end: ChildEnd, of command: ChildCommand, after life: Duration, followedBy next: AfterEnd?) {
        guard let next else { return logger.info("\(title) \(end)") }
        let lived = if case .couldNotStart = end { "" } else { " after \(life.inWords)" }
        let hint = end.hint(for: command, after: life).map { "; \($0)" } ?? ""
        switch next {
        case .start(.zero): logger.warning("\(title) \(end)\(lived); starting it again at once\(hint)")
        case .start(let pause):
            logger.warning("\(title) \(end)\(lived); starting it again in \(pause.inWords)\(hint)")
        case .halt:
            logger.error(
                """
                \(title) \(end)\(lived); it has died too often and is halted: mend it, then 'herald start \(name)', or \
                change its command\(hint)
                """
            )
        }
    }

    /// It has failed its owner.
    func failed(_ why: String) {
        logger.warning("\(title): \(why); it is stopped and started again")
    }

    /// It is ended because its owner wants something else.
    func changed(_ why: String) {
        logger.info("\(title): \(why)")
    }

    /// Its supervisor is stopped.
    func stopped() {
        logger.info("\(title) is stopped")
    }
}
