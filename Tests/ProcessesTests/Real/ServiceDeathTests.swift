import CLinux
import Glibc
import Testing

@testable import Processes

extension RealProcesses {
    @Suite("What becomes of children when the service is in trouble", .serialized)
    struct ServiceDeath {
        @Test("when the service is killed with -9, each child sees the end of its stdin")
        func killed() async throws {
            let folder = try TestChild.makeFolder()
            defer { TestChild.remove(folder) }
            await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
                SignalDefaults.ignoreBrokenPipes()
                let children = (1...3).map { number in
                    Supervisor(
                        kind: "notifier",
                        command: ChildCommand(
                            name: "x",
                            commandLine: "sh -c 'echo > up\(number); cat; echo end > end\(number)'",
                            environment: ChildEnvironment.ofThisProcess(),
                            workingDirectory: folder
                        ),
                        input: SilentInput(),
                        logger: LogCapture().logger
                    )
                }
                for child in children {
                    Task { await child.run() }
                }
                for number in 1...3 {
                    try await eventually("child \(number) is up") { contents(of: "\(folder)/up\(number)") == "\n" }
                }
                _ = kill(getpid(), SIGKILL)
            }
            for number in 1...3 {
                try await eventually("child \(number) sees the end") {
                    contents(of: "\(folder)/end\(number)") == "end\n"
                }
            }
        }

        @Test("when no file descriptor is left, what sleeps wakes up, also if nothing has slept before")
        func sleeping() async throws {
            await #expect(processExitsWith: .success) {
                await prepareTimers()
                _ = takeAllDescriptors()
                let start = ContinuousClock.now
                await Timekeeper.system.sleep(start + .milliseconds(5))
                #expect(ContinuousClock.now - start >= .milliseconds(5))
            }
        }

        @Test("when no file descriptor is left, the service lives on, says so, and starts the child later")
        func noDescriptors() async throws {
            await #expect(processExitsWith: .success) {
                SignalDefaults.ignoreBrokenPipes()
                let log = LogCapture()
                let supervisor = Supervisor(
                    kind: "notifier",
                    command: ChildCommand(name: "x", commandLine: "cat", environment: [:]),
                    input: SilentInput(),
                    logger: log.logger,
                    restartRule: RestartPolicy(first: .milliseconds(1), longest: .milliseconds(1))
                )
                // What all children share is there from the start of the first one on.
                let first = try TestChild("cat")
                _ = try await first.runs()
                try await first.stop()
                await prepareTimers()
                var taken = takeAllDescriptors()
                let running = Task { await supervisor.run() }
                // With each number of free descriptors it would fail somewhere else.
                for _ in 0..<Descriptors.needed {
                    let starts = supervisor.status.starts
                    try await eventually("it is tried again") { supervisor.status.starts >= starts + 3 }
                    close(taken.removeLast())
                }
                #expect(log.contains("raise the limit of open files"))
                for descriptor in taken {
                    close(descriptor)
                }
                try await eventually("it runs") {
                    if case .running = supervisor.status.state { true } else { false }
                }
                await supervisor.stop()
                await running.value
            }
        }
    }
}

/// Has Dispatch take its timers, and gives it the time to do so.
private func prepareTimers() async {
    Timekeeper.prepare()
    await Timekeeper.system.sleep(.now + .milliseconds(100))
}

/// Takes what descriptors this process may have, of which it leaves few enough to be quick about it.
private func takeAllDescriptors() -> [CInt] {
    var limit = rlimit(rlim_cur: 64, rlim_max: 64)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    var taken: [CInt] = []
    while case let descriptor = dup(0), descriptor >= 0 { taken.append(descriptor) }
    return taken
}
