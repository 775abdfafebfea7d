import Testing

/// Everything that starts processes, one test after the other: some count descriptors and threads.
@Suite("Real processes", .serialized, .timeLimit(.minutes(5)))
struct RealProcesses {}
