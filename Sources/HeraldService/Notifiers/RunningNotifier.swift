import CouchFeed
import Logging
import Notices
import Processes
import Settings

/// A notifier with its outbox and its process.
struct RunningNotifier: Sendable {
    let notifier: Notifier
    let supervisor: Supervisor
    private let stopTimeout: Duration

    /// If nothing is read for so long, what is left will not be read. Who may take long to stop may take long over a line.
    private var patience: Duration { max(.milliseconds(500), stopTimeout / 5) }

    init(
        _ settings: NotifierSettings,
        of source: SourceSettings,
        environment: [String: String],
        lines: LineBook,
        ledger: Ledger,
        output: (any ChildOutput)?,
        log: Logger,
        room: @escaping @Sendable () -> Void
    ) {
        let outbox = Outbox(settings, ledger: ledger, room: room)
        notifier = Notifier(settings, of: source, lines: lines, outbox: outbox, ledger: ledger)
        let own = [("HERALD_NOTIFIER", settings.name)]
        let command = ChildCommand(
            name: settings.name,
            commandLine: settings.command,
            environment: ChildEnvironment.make(
                inherited: environment,
                extra: own + settings.environment.map { ($0.name, $0.value) },
                firstOnPath: Machine.programFolder()
            ),
            workingDirectory: settings.workingDirectory,
            stopTimeout: settings.stopTimeout
        )
        let logged = output ?? LoggedOutput(kind: "notifier", name: settings.name, logger: log)
        let supervisor = Supervisor(
            kind: "notifier",
            command: command,
            input: outbox,
            output: settings.confirmation.map { AnswerReader(outbox, isOmprog: $0.greets, others: logged) } ?? logged,
            logger: log
        )
        outbox.onRestart { [weak supervisor] why in supervisor?.restart(why) }
        self.supervisor = supervisor
        stopTimeout = settings.stopTimeout
    }

    /// Lets the process read what waits for it, for as long as it does read and for `stop_timeout` at the most; then stops it.
    func stop(log: Logger) async {
        let outbox = notifier.outbox
        outbox.end()
        let deadline = ContinuousClock.now + stopTimeout
        // What is written moves in steps of 64 kB, and what is unread may look the same again: together they tell.
        func progress() -> (UInt64, Int) { (outbox.writtenByteCount, supervisor.unreadByteCount) }
        var latest = progress()
        var lastProgress = ContinuousClock.now
        while !outbox.isAllWritten, ContinuousClock.now < deadline {
            // The outbox tells nobody when it is read: that would cost on the way of each change, and this is once.
            try? await Task.sleep(for: .milliseconds(10))
            let now = progress()
            if now != latest {
                latest = now
                lastProgress = .now
            } else if ContinuousClock.now - lastProgress > patience {
                break
            }
        }
        await supervisor.stop()
        if !outbox.isEmpty {
            log.warning(
                "notifier \(notifier.name): it has not taken all its notices before the stop; the rest comes at the next start"
            )
        }
    }
}
