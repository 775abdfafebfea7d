/// Decides when a configuration that changes is to be read again: once it differs from what was read, and has not changed
/// any more for ``quiet``, so that nothing is read that is half written or half replaced.
///
/// It is shown a fingerprint now and then, at moments of its choice. A configuration that never comes to rest is not read.
struct ChangeDetector<Fingerprint: Equatable> {
    /// How often it wants to look while nothing changes: with ``quiet`` well below the 2 s within which a change is to be
    /// noticed.
    static var interval: Duration { .milliseconds(500) }
    /// For how long nothing may have changed.
    static var quiet: Duration { .milliseconds(200) }

    /// That of the configuration that was read last.
    private var read: Fingerprint
    private var latest: Fingerprint
    /// When `latest` was first seen; nil while it is what was read.
    private var restlessSince: ContinuousClock.Instant?

    /// - Parameter read: The fingerprint of the configuration in force, taken before it was read.
    init(read: Fingerprint) {
        self.read = read
        latest = read
    }

    /// Takes note of a fingerprint; true if the configuration is to be read now, which is then taken for done.
    mutating func saw(_ fingerprint: Fingerprint, at now: ContinuousClock.Instant) -> Bool {
        guard fingerprint == latest else {
            latest = fingerprint
            restlessSince = fingerprint == read ? nil : now
            return false
        }
        guard let restlessSince, now - restlessSince >= Self.quiet else { return false }
        self.restlessSince = nil
        read = latest
        return true
    }

    /// When to look the next time, `now` being the moment after the last look.
    func nextLook(after now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        guard let restlessSince else { return now + Self.interval }
        return max(now, restlessSince + Self.quiet)
    }
}
