import Glibc
import Subprocess
import SystemPackage

/// Leads real processes through ``ChildLife``.
struct SubprocessRunner: ChildRunner {
    let time: Timekeeper

    private enum Occurrence: Sendable {
        case started(pid_t)
        case ended
        case event(ChildLife.Event)
    }

    func run(
        _ command: ChildCommand,
        input: any ChildInput,
        output: any ChildOutput,
        orders: Orders,
        news: @escaping @Sendable (ChildNews) -> Void
    ) async -> ChildEnd {
        let standardInput: InputPipe
        let standardOutput: OutputReader
        let standardError: OutputReader
        do {
            try Descriptors.checkRoom()
            standardInput = try InputPipe()
            standardOutput = try OutputReader(limit: output.standardOutputLimit) { output.standardOutput($0) }
            standardError = try OutputReader(limit: output.standardErrorLimit) { lines in
                for line in lines { output.standardError(line) }
            }
        } catch {
            return .couldNotStart("\(error)")
        }

        let (occurrences, happen) = AsyncStream<Occurrence>.makeStream()
        orders.listen(
            replace: { happen.yield(.event(.replace)) },
            { order in happen.yield(.event(order == .kill ? .kill : .stop)) }
        )
        // Not cancelled with the caller: its end must be seen through, and subprocess would kill the leader alone.
        let child = Task {
            let end = await Self.live(command, standardInput, standardOutput, standardError) { pid in
                happen.yield(.started(pid))
            }
            happen.yield(.ended)
            return end
        }

        var life = ChildLife(stopTimeout: command.stopTimeout)
        var group: ProcessGroup?
        var feed: InputFeed?
        var chores: [Task<Void, Never>] = []
        var wait: Task<Void, Never>?
        events: for await occurrence in occurrences {
            let event: ChildLife.Event
            switch occurrence {
            case .started(let pid):
                group = ProcessGroup(id: pid)
                feed = InputFeed(
                    input: input,
                    pipe: standardInput,
                    onEnd: { orders.give(.stop) },
                    onBreak: { happen.yield(.event(.inputBroken)) }
                )
                news(.started(pid: pid))
                event = .started
            case .ended:
                feed?.end()
                event = .ended(othersLive: group.map { $0.others() != .gone } ?? false)
            case .event(let happened):
                event = happened
            }
            for action in life.handle(event) {
                switch action {
                case .endInput:
                    feed?.end()
                    news(.stopping)
                case .terminateGroup:
                    signal(group, SIGTERM) { news(.terminating) }
                case .killGroup:
                    signal(group, SIGKILL) { news(.killing) }
                case .wait(let duration, let number):
                    wait?.cancel()
                    let moment = time.now().advanced(by: duration)
                    wait = Task { [time] in
                        // How long the child has for this step of its stop.
                        await time.sleep(moment)
                        happen.yield(.event(.waited(number)))
                    }
                case .watchOthers:
                    guard let group else { continue }
                    chores.append(Task { await watch(group) { happen.yield(.event(.othersGone)) } })
                case .reportClosedInput:
                    news(.closedInput)
                case .finish:
                    break events
                }
            }
        }
        orders.stopListening()
        wait?.cancel()
        for chore in chores {
            chore.cancel()
        }
        await feed?.waitForEnd()
        let end = await child.value
        // What was read after stdin was closed was read.
        if feed != nil { input.childLeft(unread: standardInput.unreadByteCount) }
        await standardOutput.finish()
        await standardError.finish()
        output.ended()
        return end
    }

    /// Sends the signal, and says so if there is anybody to hear it.
    private func signal(_ group: ProcessGroup?, _ number: Int32, _ say: () -> Void) {
        guard let group else { return }
        if group.hasLivingMember() {
            say()
        }
        group.signal(number)
    }

    /// How long those who have ended but were not reaped are waited for. Most inits reap at once, few only now and
    /// then, and some containers have none.
    private static let burial: Duration = .seconds(2)

    /// Polls, since the system tells nobody of the end of a group; at first often, since most end at once.
    private func watch(_ group: ProcessGroup, _ gone: @Sendable () -> Void) async {
        var pause = Duration.milliseconds(2)
        var unburiedSince: Timekeeper.Instant?
        while !Task.isCancelled {
            let now = time.now()
            switch group.others() {
            case .gone:
                return gone()
            case .unburied:
                let since = unburiedSince ?? now
                unburiedSince = since
                if now - since > Self.burial {
                    return gone()
                }
            case .alive:
                unburiedSince = nil
            }
            // Nothing but another look tells that the group is gone.
            await time.sleep(now.advanced(by: pause))
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    /// Starts the child and returns when it has been reaped.
    private static func live(
        _ command: ChildCommand,
        _ standardInput: InputPipe,
        _ standardOutput: OutputReader,
        _ standardError: OutputReader,
        started: (pid_t) -> Void
    ) async -> ChildEnd {
        // Once the child has them, we must let go of its ends, or no end of a stream would ever be seen.
        func letGo() {
            standardInput.closeReadEnd()
            standardOutput.closeWriteEnd()
            standardError.closeWriteEnd()
        }
        defer { letGo() }
        var options = PlatformOptions()
        options.createSession = true
        do {
            let result = try await Subprocess.run(
                .path("/bin/sh"),
                arguments: ["-c", "exec \(command.commandLine)"],
                // Subprocess hands these to `strdup` as they are, so they must end with a zero.
                environment: .custom(command.environment.map { name, value in Array("\(name)=\(value)".utf8) + [0] }),
                workingDirectory: command.workingDirectory.map { FilePath($0) },
                platformOptions: options,
                input: .fileDescriptor(standardInput.readEnd, closeAfterSpawningProcess: false),
                output: .fileDescriptor(standardOutput.writeEnd, closeAfterSpawningProcess: false),
                error: .fileDescriptor(standardError.writeEnd, closeAfterSpawningProcess: false)
            ) { execution in
                letGo()
                started(execution.processIdentifier.value)
            }
            switch result.terminationStatus {
            case .exited(let status): return .exited(status)
            case .signaled(let signal): return .signalled(signal)
            }
        } catch {
            return .couldNotStart(reason(of: error, command))
        }
    }

    private static func reason(of error: any Error, _ command: ChildCommand) -> String {
        guard let error = error as? SubprocessError else { return "\(error)" }
        let system = error.underlyingError.map { ": \($0)" } ?? ""
        switch error.code {
        case .failedToChangeWorkingDirectory:
            return "its working directory \(command.workingDirectory ?? "") cannot be entered\(system);"
                + " make the folder, or name another"
        case .executableNotFound:
            return "there is no /bin/sh that can be run\(system)"
        default:
            return "\(error)"
        }
    }
}
