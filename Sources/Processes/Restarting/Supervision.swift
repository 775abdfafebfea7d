/// Decides when a child is started, and what its end means, from what its owner wants and how it fares. A value that
/// knows no I/O.
struct Supervision: Sendable {
    /// What is to be done while no child lives.
    enum Step: Equatable {
        case start
        /// Nothing until then, or if `nil` until something is told.
        case wait(until: Timekeeper.Instant?)
    }

    /// Why a child that lives is being ended.
    enum Ending: Equatable {
        /// It has failed its owner, and may fail again: its end counts as any other.
        case failed
        /// Its owner wants another, or none: its end says nothing about it.
        case planned
    }

    private enum Rest: Equatable {
        case none
        case until(Timekeeper.Instant)
        case halted
    }

    private var rule: any RestartRule
    private(set) var isWanted = true
    private var isAlive = false
    private(set) var ending: Ending?
    private var rest = Rest.none

    init(_ rule: any RestartRule) {
        self.rule = rule
    }

    var isHalted: Bool { rest == .halted && isWanted }
    var isEndingAsPlanned: Bool { ending == .planned }
    func failures(at now: Timekeeper.Instant) -> Int { rule.failures(at: now) }

    func next(at now: Timekeeper.Instant) -> Step {
        guard isWanted else { return .wait(until: nil) }
        switch rest {
        case .none: return .start
        case .until(let moment): return moment <= now ? .start : .wait(until: moment)
        case .halted: return .wait(until: nil)
        }
    }

    // MARK: How the child fares

    mutating func began() {
        isAlive = true
        ending = nil
        rest = .none
    }

    /// It has ended, after such a life. What follows; `nil` if the end was planned, and another follows at once if one is
    /// wanted.
    mutating func ended(after life: Duration, at now: Timekeeper.Instant) -> AfterEnd? {
        isAlive = false
        defer { ending = nil }
        guard ending != .planned else { return nil }
        let after = rule.afterEnd(ofLife: life, at: now)
        switch after {
        case .start(let pause): rest = pause > .zero ? .until(now.advanced(by: pause)) : .none
        case .halt: rest = .halted
        }
        return after
    }

    // MARK: What its owner wants. Each says whether the child that lives is to be ended now.

    /// It has failed its owner.
    mutating func fail() -> Bool {
        end(as: .failed)
    }

    /// Another is to take its place. One that was halted or is not wanted is left so.
    mutating func replace() -> Bool {
        guard isAlive else { return false }
        return end(as: .planned)
    }

    /// It is to be another from now on, of which nothing is known yet.
    mutating func becomeAnother() -> Bool {
        rule.forget()
        rest = .none
        return replace()
    }

    /// None is to be there until ``want()``.
    mutating func unwant() -> Bool {
        isWanted = false
        return end(as: .planned)
    }

    /// One is to be there, whatever was before. Whether that is news.
    mutating func want() -> Bool {
        let isNews = !isWanted || rest != .none
        isWanted = true
        if isNews {
            rest = .none
            rule.forget()
        }
        return isNews
    }

    private mutating func end(as new: Ending) -> Bool {
        guard isAlive else { return false }
        // What is planned stays so: that it fails as well does not matter any more.
        let isFirst = ending == nil
        if ending != .planned { ending = new }
        return isFirst
    }
}
