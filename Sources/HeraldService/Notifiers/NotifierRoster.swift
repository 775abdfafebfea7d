import CouchFeed
import Logging
import Notices
import Processes
import Settings
import Status
import Store

/// All notifiers, and the hub that serves them: brings both to where the configuration wants them, and touches only what
/// has changed.
actor NotifierRoster {
    private struct Place {
        var wanted: NotifierSettings?
        var running: RunningNotifier?
        /// It reads what is left to it and is stopped; what is wanted is looked at again when that is over.
        var isLeaving = false
        /// A person has stopped it: whatever takes its place is not started either.
        var staysStopped = false
        /// What those counted that had the place before, so that no counter steps back.
        var counted = RunningNotifier.Counters()
    }

    private let hub: HubHandle
    private let keeper: CursorKeeper
    private let command: @Sendable (NotifierSettings) -> ChildCommand
    private let output: @Sendable (_ notifier: String) -> (any ChildOutput)?
    private let spawn: @Sendable (@escaping @Sendable () async -> Void) -> Void
    private let log: Logger
    private let lines = LineBook()
    private var source: SourceSettings
    private var places: [String: Place] = [:]
    private var isFollowing = false
    /// How many outboxes were ever made.
    private(set) var outboxCount = 0
    private var isStopped = false
    private var last: Task<Void, Never>?

    /// - Parameters:
    ///   - source: What is followed at first.
    ///   - command: How a notifier is run.
    ///   - output: Where the lines of the notifier of this name go; the log where `nil`.
    ///   - spawn: Runs what is to run on as a part of the service.
    init(
        hub: HubHandle,
        source: SourceSettings,
        keeper: CursorKeeper,
        log: Logger,
        command: @escaping @Sendable (NotifierSettings) -> ChildCommand,
        output: @escaping @Sendable (_ notifier: String) -> (any ChildOutput)?,
        spawn: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Void
    ) {
        self.hub = hub
        self.source = source
        self.keeper = keeper
        self.log = log
        self.command = command
        self.output = output
        self.spawn = spawn
    }

    // MARK: What is wanted

    /// Brings the notifiers, and what is followed, to where the configuration wants them. Those that are to be stopped
    /// are given nothing more when it returns, and stop in their own time.
    func apply(_ settings: HeraldSettings) async {
        await inTurn { await $0.set(settings) }
    }

    private func set(_ settings: HeraldSettings) async {
        guard !isStopped else { return }
        let hasNewSource = source != settings.source
        source = settings.source
        for name in places.keys { places[name]?.wanted = nil }
        for notifier in settings.notifiers { places[notifier.name, default: Place()].wanted = notifier }
        if hasNewSource { for name in places.keys { places[name]?.running?.followAnew(of: source) } }
        await settle(Array(places.keys), mustFollow: hasNewSource || !isFollowing)
    }

    /// Brings these to where they are wanted, and has the hub follow for those that are there then.
    private func settle(_ names: [String], mustFollow: Bool = false) async {
        var mustFollow = mustFollow
        var leaving: [String] = []
        for name in names.sorted() {
            guard let place = places[name], !place.isLeaving else { continue }
            switch (place.running, place.wanted) {
            case (nil, nil): places[name] = nil
            case (nil, .some(let wanted)):
                await admit(wanted)
                mustFollow = true
            case (.some, nil):
                leaving.append(name)
            case (.some(let running), .some(let wanted)):
                let change = running.change(to: wanted)
                guard change != .replace else {
                    leaving.append(name)
                    continue
                }
                guard change != .none else { continue }
                await self.change(running, to: wanted)
                guard change == .follow else { continue }
                places[name]?.running?.followAnew(of: source)
                mustFollow = true
            }
        }
        for name in leaving { places[name]?.isLeaving = true }
        if mustFollow || !leaving.isEmpty { await follow() }
        for name in leaving { retire(name) }
    }

    private func admit(_ settings: NotifierSettings) async {
        let ledger = await keeper.enroll(CursorKeeper.Member(settings))
        let running = RunningNotifier(
            settings,
            of: source,
            command: command(settings),
            lines: lines,
            ledger: ledger,
            output: output(settings.name),
            log: log
        ) { [hub] in Task { await hub.roomAgain() } }
        if places[settings.name]?.staysStopped ?? false { running.supervisor.suspend() }
        places[settings.name]?.running = running
        places[settings.name]?.staysStopped = false
        outboxCount += 1
        spawn { await running.supervisor.run() }
    }

    private func change(_ running: RunningNotifier, to wanted: NotifierSettings) async {
        var running = running
        await running.become(wanted, of: source, command: command(wanted))
        _ = await keeper.enroll(CursorKeeper.Member(wanted))
        places[wanted.name]?.running = running
    }

    /// The hub follows for all that run and are not leaving.
    private func follow() async {
        isFollowing = true
        await hub.follow(source, for: followers)
    }

    private var followers: [Notifier] {
        places.values.filter { !$0.isLeaving }.compactMap(\.running?.follower).sorted { $0.name < $1.name }
    }

    /// Stops one that is given nothing more, and then sees what is wanted by now.
    private func retire(_ name: String) {
        guard let running = places[name]?.running else { return }
        spawn { [log] in
            await running.stop(log: log)
            await self.inTurn { await $0.hasLeft(name) }
        }
    }

    private func hasLeft(_ name: String) async {
        guard !isStopped else { return }
        vacate(name)
        if places[name]?.wanted == nil { await keeper.dismiss(name) }
        await settle([name])
    }

    /// It has stopped, and another may take its place.
    private func vacate(_ name: String) {
        let isWanted = places[name]?.running?.supervisor.isWanted ?? true
        if let counters = places[name]?.running?.counters { places[name]?.counted += counters }
        places[name]?.staysStopped = !isWanted
        places[name]?.running = nil
        places[name]?.isLeaving = false
    }

    // MARK: Orders

    /// What came of a rewind, and whether that is on the disk.
    typealias Rewound = (outcome: Rewind.Outcome, isSaved: Bool)

    /// Puts cursors elsewhere. A notifier that runs is stopped for it, without what waits for it, and started again; once
    /// all are stopped, none is.
    func rewind(_ rewind: Rewind) async throws(RewindFault) -> Rewound {
        try await keeper.check(rewind)
        return try await inTurn { await $0.rewound(rewind) }.get()
    }

    private func rewound(_ rewind: Rewind) async -> Result<Rewound, RewindFault> {
        let moved = places.filter { (rewind.follower ?? $0.key) == $0.key && $0.value.running != nil }
        // Those who leave anyway are only waited for: what they are still served would move their cursors back.
        let names = moved.filter { !$0.value.isLeaving }.map(\.key)
        for name in names { places[name]?.isLeaving = true }
        await follow()
        await withTaskGroup { group in
            for case .some(let running) in moved.values.map(\.running) {
                group.addTask { await running.supervisor.stop() }
            }
        }
        let outcome: Result<Rewound, RewindFault>
        do throws(RewindFault) {
            outcome = .success(try await keeper.rewind(rewind))
        } catch {
            outcome = .failure(error)
        }
        for name in names {
            vacate(name)
        }
        if !isStopped { await settle(names) }
        return outcome
    }

    /// Lets all read what waits for them, while they do read, and stops them. Nothing is changed any more.
    func stop() async {
        await inTurn { $0.isStopped = true }
        await withTaskGroup { group in
            for running in places.values.compactMap(\.running) {
                group.addTask { [log] in await running.stop(log: log) }
            }
        }
    }

    // MARK: Questions

    func outbox(of name: String) -> Outbox? {
        places[name]?.running?.outbox
    }

    func supervisor(of name: String) -> Supervisor? {
        places[name]?.running?.supervisor
    }

    /// How each of them fares, by name.
    func status(_ standings: [FollowerStanding], deadLetters: [String: Int]) -> [String: NotifierStatus] {
        let standings = Dictionary(standings.map { ($0.name, $0) }) { $1 }
        return places.reduce(into: [:]) { statuses, place in
            let (name, place) = place
            statuses[name] = place.running?.status(
                standings[name],
                counted: place.counted,
                deadLetters: deadLetters[name] ?? 0
            )
        }
    }

    // MARK: Turns

    /// Does `work` when all that came before is done: each waits for much, and none may see another's half.
    private func inTurn<Result: Sendable>(
        _ work: @escaping @Sendable (isolated NotifierRoster) async -> Result
    ) async -> Result {
        let before = last
        let turn = Task {
            await before?.value
            return await work(self)
        }
        last = Task { _ = await turn.value }
        return await turn.value
    }
}

extension CursorKeeper.Member {
    init(_ settings: NotifierSettings) {
        self.init(name: settings.name, window: settings.confirmation?.window ?? .max)
    }
}
