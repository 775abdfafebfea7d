import CouchFeed
import Logging
import Notices
import Processes
import Settings
import Status

/// A notifier as it runs: what it follows, its outbox, its process.
struct RunningNotifier: Sendable {
    /// What it was made from and changed to.
    private(set) var settings: NotifierSettings
    /// How the hub sees it. Another takes its place where it is to follow otherwise.
    private(set) var follower: Notifier
    let outbox: Outbox
    let supervisor: Supervisor
    private let ledger: Ledger
    private let lines: LineBook
    /// Where its stderr goes; `nil` where that is somebody else's.
    private let logged: LoggedOutput?

    /// If nothing is read for so long, what is left will not be read. Who may take long to stop may take long over a line.
    private var patience: Duration { max(.milliseconds(500), settings.stopTimeout / 5) }

    init(
        _ settings: NotifierSettings,
        of source: SourceSettings,
        command: ChildCommand,
        lines: LineBook,
        ledger: Ledger,
        output: (any ChildOutput)?,
        log: Logger,
        room: @escaping @Sendable () -> Void
    ) {
        let outbox = Outbox(settings, ledger: ledger, room: room)
        let logged = LoggedOutput(kind: "notifier", name: settings.name, logger: log)
        let output = output ?? logged
        let supervisor = Supervisor(
            kind: "notifier",
            command: command,
            input: outbox,
            output: settings.confirmation.map { AnswerReader(outbox, isOmprog: $0.greets, others: output) } ?? output,
            logger: log
        )
        // Answers are judged from before the start on, so only the child that lives now can be meant; one may have
        // answered before it is known to run, and is never given another line if this is lost.
        outbox.onRestart { [weak supervisor] why in supervisor?.restart(why, isSure: true) }
        self.settings = settings
        self.outbox = outbox
        self.supervisor = supervisor
        self.ledger = ledger
        self.lines = lines
        self.logged = logged
        follower = Notifier(settings, of: source, lines: lines, outbox: outbox, ledger: ledger)
    }

    // MARK: Changes

    /// What has to be done so that it becomes what other settings say.
    enum Change: Comparable {
        case none
        /// What runs can be told.
        case tell
        /// It must be followed for in another way; the process lives on.
        case follow
        /// It answers lines that it did not answer before, or the other way round: nobody could say which line an answer
        /// is for, so all of it is made anew, from what has been delivered.
        case replace
    }

    func change(to new: NotifierSettings) -> Change {
        guard settings.confirmation?.greets == new.confirmation?.greets else { return .replace }
        guard !settings.isSame(as: new) else { return .none }
        var told = settings
        told.place = new.place
        told.command = new.command
        told.environment = new.environment
        told.workingDirectory = new.workingDirectory
        told.stopTimeout = new.stopTimeout
        told.types = new.types
        told.outboxSize = new.outboxSize
        if let confirmation = new.confirmation {
            told.confirmation?.timeout = confirmation.timeout
            told.confirmation?.attempts = confirmation.attempts
        }
        return told == new ? .tell : .follow
    }

    /// Becomes what `new` says, by telling what runs, and `source` with it where it is to be followed for in another way.
    mutating func become(_ new: NotifierSettings, of source: SourceSettings, command: ChildCommand) async {
        settings = new
        outbox.change(new)
        supervisor.change(to: command)
        await follower.change(types: new.types)
    }

    /// Follows as its settings and `source` say by now: for a hub that is about to begin.
    mutating func followAnew(of source: SourceSettings) {
        follower = Notifier(settings, of: source, lines: lines, outbox: outbox, ledger: ledger)
    }

    // MARK: The end

    /// Lets the process read what waits for it, for as long as it does read and for `stop_timeout` at the most; then stops it.
    func stop(log: Logger) async {
        outbox.end()
        let deadline = ContinuousClock.now + settings.stopTimeout
        // What is unread alone may look the same again.
        var latest = outbox.progress
        var lastProgress = ContinuousClock.now
        while !outbox.isAllWritten, ContinuousClock.now < deadline {
            // The outbox tells nobody when it is read: that would cost on the way of each change, and this is once.
            try? await Task.sleep(for: .milliseconds(10))
            let now = outbox.progress
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
                "notifier \(settings.name): it has not taken all its notices before the stop; the rest comes at the next start"
            )
        }
    }

    // MARK: Status

    /// What only ever grows.
    struct Counters {
        var starts = 0
        var lines: UInt64 = 0
        var merged: UInt64 = 0

        static func += (sum: inout Counters, other: Counters) {
            sum.starts += other.starts
            sum.lines += other.lines
            sum.merged += other.merged
        }
    }

    var counters: Counters {
        let tally = outbox.tally
        return Counters(starts: supervisor.status.starts, lines: tally.lines, merged: tally.merged)
    }

    /// - Parameters:
    ///   - standing: How far it is with what the hub has for it; `nil` before there is a hub.
    ///   - counted: What others of its name have counted before it.
    func status(_ standing: FollowerStanding?, counted: Counters, deadLetters: Int) -> NotifierStatus {
        let (tally, child) = (outbox.tally, supervisor.status)
        var status = NotifierStatus(
            process: child.shown(at: .now, lastWords: logged?.lastWords),
            failures: child.standingFailures(at: .now),
            delivery: tally.isMerging ? .behind : .live,
            lag: tally.age?.inSeconds ?? 0,
            pending: standing?.pending,
            waitingBytes: tally.waitingBytes,
            lines: counted.lines + tally.lines,
            merged: counted.merged + tally.merged,
            unconfirmed: tally.unconfirmed,
            deadLetters: deadLetters,
            lastError: child.lastFailure.map { Mishap($0.why, at: Timestamp.ago(.now - $0.time)) }
        )
        status.process.starts += counted.starts
        switch standing?.state {
        case .behind: status.delivery = .behind
        case .catchingUp: status.delivery = .catchingUp
        case .live, nil: break
        }
        return status
    }
}
