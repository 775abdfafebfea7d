/// What a daemon has registered for: once each, in the order in which it asked, and in bounded memory, since it
/// outlives the daemon and stands in each status.
struct Registrations {
    /// How many there may be.
    static let limit = 1000

    /// How many bytes the names of a section and its key may have together.
    static let longestNames = 1000

    private(set) var inOrder: [DaemonRegistration] = []
    /// The same again: whoever asks often holds up the thread that reads for all children.
    private var known: Set<DaemonRegistration> = []
    /// How many lives were of another program than the one that is wanted now.
    private var foreignLives = 0

    /// Takes one of the life with this number, the first being 1. Why it does not, in words that follow the daemon's
    /// name; `nil` also where nothing is to be said because it is known already, or is another program's.
    mutating func add(_ registration: DaemonRegistration, life: Int) -> String? {
        guard life > foreignLives else { return nil }
        let length = registration.section.utf8.count + (registration.key?.utf8.count ?? 0)
        guard length <= Self.longestNames else {
            return "has registered for names of \(length) bytes, without effect: those of a section and its key may"
                + " have \(Self.longestNames) together"
        }
        guard !known.contains(registration) else { return nil }
        guard inOrder.count < Self.limit else {
            return "has registered for more than \(Self.limit) sections and keys; those beyond are without effect:"
                + " it should register for a section instead of its keys"
        }
        known.insert(registration)
        inOrder.append(registration)
        return nil
    }

    /// The first `count` lives were another program's: what there is goes, and what they still ask for is not taken.
    mutating func forget(lives count: Int) {
        inOrder = []
        known = []
        foreignLives = count
    }
}
