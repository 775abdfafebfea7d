import NIOConcurrencyHelpers
public import Store

/// What one follower has been served, noted by whoever serves it, on any
/// thread, until the ``CursorKeeper`` saves it.
///
/// Only the last place in a database counts: losing a note of one costs
/// repetition, never loss.
public final class Ledger: Sendable {
    /// Where a follower stands in a database.
    enum Standing: Sendable, Equatable {
        case at(Cursor)
        /// It begins where the database stands when it is first found.
        case atNow
        /// It is about to be told of this life, or has been: to be saved before it is, since a life that ends while
        /// Herald is down can only be told as ended to those who may know of it.
        case announced(Instance)
    }

    /// What is new since it was last asked for.
    struct News: Sendable {
        var standings: [String: Standing] = [:]
        /// By database, the life that it is about to be told of. It does not take the place of a standing, but counts
        /// behind it: the standing tells whether the follower has come to the end of the life before.
        var announcements: [String: Instance] = [:]
        /// Set once the follower has begun, or its choice of databases has changed.
        var scope: String?
        var letters: [DeadLetter] = []
        var finishedLetters: [Int64] = []

        var isEmpty: Bool {
            standings.isEmpty && announcements.isEmpty && scope == nil && letters.isEmpty && finishedLetters.isEmpty
        }
    }

    private struct State {
        var news = News()
        var confirmed = 0
        /// So many confirmed lines are worth a save of their own.
        var window: Int
    }

    private let state: NIOLockedValueBox<State>
    private let alarm: Alarm

    init(alarm: Alarm, window: Int = .max) {
        self.alarm = alarm
        state = NIOLockedValueBox(State(window: window))
    }

    func setWindow(_ window: Int) {
        state.withLockedValue { $0.window = window }
    }

    /// All lines before these marks have been delivered. `confirmed` of them were confirmed one by one.
    public func delivered(_ marks: some Sequence<Mark>, confirmed: Int = 0) {
        note(confirmed: confirmed) { news in
            for mark in marks { news.standings[mark.database] = .at(mark.cursor) }
        }
    }

    /// A line was given up: it is kept, and the cursor passes it, in one step.
    public func gaveUp(_ letter: DeadLetter, passing marks: [Mark]) {
        note(confirmed: 0) { news in
            news.letters.append(letter)
            for mark in marks { news.standings[mark.database] = .at(mark.cursor) }
        }
        alarm.ring()
    }

    /// A letter that was tried again has been delivered.
    public func finished(letter: Int64) {
        note(confirmed: 0) { $0.finishedLetters.append(letter) }
    }

    func begins(atNowIn database: String) {
        note(confirmed: 0) { $0.standings[database] = .atNow }
    }

    func announced(_ instance: Instance, in database: String) {
        note(confirmed: 0) { $0.announcements[database] = instance }
    }

    func begins(withScope scope: String) {
        note(confirmed: 0) { $0.scope = scope }
    }

    func takeNews() -> News {
        state.withLockedValue { state in
            state.confirmed = 0
            defer { state.news = News() }
            return state.news
        }
    }

    private func note(confirmed: Int, _ change: (inout News) -> Void) {
        let (isFirst, isMuch) = state.withLockedValue { state in
            let wasEmpty = state.news.isEmpty
            change(&state.news)
            state.confirmed += confirmed
            let isMuch = state.confirmed >= state.window
            if isMuch { state.confirmed = 0 }
            return (wasEmpty && !state.news.isEmpty, isMuch)
        }
        if isMuch {
            alarm.ring()
        } else if isFirst {
            alarm.ringSoon()
        }
    }
}
