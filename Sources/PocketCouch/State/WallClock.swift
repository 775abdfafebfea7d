import Glibc

/// The time of day: microseconds since 1970. The state asks it when a database is created, the server when it starts.
public typealias WallClock = @Sendable () -> Int

/// The machine's clock.
public let machineClock: WallClock = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}
