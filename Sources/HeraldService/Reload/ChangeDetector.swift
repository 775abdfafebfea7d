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

    /// What was seen last that is not what was read, and since when it is so.
    private var restless: (fingerprint: Fingerprint, since: ContinuousClock.Instant)?

    /// Takes note of a fingerprint; true if the configuration is to be read now.
    ///
    /// - Parameter read: That of the configuration that was read last, taken before it was read. Others may have read it
    ///   since the last look, and what they have read may be gone again.
    mutating func saw(
        _ fingerprint: Fingerprint,
        whileRead read: Fingerprint,
        at now: ContinuousClock.Instant
    ) -> Bool {
        guard fingerprint != read else {
            restless = nil
            return false
        }
        guard let restless, restless.fingerprint == fingerprint else {
            restless = (fingerprint, now)
            return false
        }
        guard now - restless.since >= Self.quiet else { return false }
        self.restless = nil
        return true
    }

    /// When to look the next time, `now` being the moment after the last look.
    func nextLook(after now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        guard let restless else { return now + Self.interval }
        return max(now, restless.since + Self.quiet)
    }
}
