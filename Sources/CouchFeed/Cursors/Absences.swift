import Store

/// Counts for how long followers have not been configured, so that their
/// cursors can be forgotten in the end. A value that knows no I/O.
///
/// What counts is time in which Herald ran without them, by a clock that
/// nobody can set: one that jumps forgets nothing.
struct Absences {
    struct Count {
        var absences: [(id: Int64, absence: Duration)] = []
        var forgotten: [StoredFollower] = []
    }

    /// Those that had been absent and are not any more.
    let returned: [Int64]
    private var absent: [StoredFollower]
    /// For how long one may be absent before it is forgotten.
    var limit: Duration
    private var last: ContinuousClock.Instant

    init(followers: [StoredFollower], present: Set<String>, limit: Duration, now: ContinuousClock.Instant) {
        absent = followers.filter { !present.contains($0.name) }
        returned = followers.filter { present.contains($0.name) && $0.absence > .zero }.map(\.id)
        self.limit = limit
        last = now
    }

    /// It is configured from now on. Whether it was counted as absent before.
    mutating func comes(_ id: Int64) -> Bool {
        defer { absent.removeAll { $0.id == id } }
        return absent.contains { $0.id == id }
    }

    /// It is configured no more.
    mutating func leaves(_ follower: StoredFollower, now: ContinuousClock.Instant) {
        var follower = follower
        // The next count begins before it left.
        follower.absence = .zero - (now - last)
        absent.append(follower)
    }

    mutating func count(to now: ContinuousClock.Instant) -> Count {
        let passed = now - last
        last = now
        for index in absent.indices { absent[index].absence += passed }
        let forgotten = absent.filter { $0.absence >= limit }
        absent = absent.filter { $0.absence < limit }
        return Count(absences: absent.map { ($0.id, $0.absence) }, forgotten: forgotten)
    }
}
