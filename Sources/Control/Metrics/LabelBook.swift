/// Which names have series of their own, so that the number of series is bounded however many databases there are.
///
/// The first that come have one, and keep it for as long as they are there; the others are summed. A place that becomes
/// free goes to the next that comes, not to one that was among the others already: its past would count twice.
struct LabelBook: Sendable {
    /// Stands for all that have no series of their own.
    static let others = "(others)"

    private let limit: Int
    private var own: Set<String> = []
    /// The others, with the counters that they had last.
    private var rest: [String: [UInt64]] = [:]
    /// What those have counted who are there no more, or began anew: the sum of the others never goes backwards.
    private var past: [UInt64] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// - Parameter counters: those that are there, and what each has counted; equally many numbers for all.
    /// - Returns: the names that have series of their own, in order, and what the others have counted together; `nil`
    ///   where there are and were none.
    mutating func enter(_ counters: [String: [UInt64]]) -> (own: [String], others: [UInt64]?) {
        own = own.filter { counters[$0] != nil }
        for (name, last) in rest where counters[name] == nil {
            add(last, to: &past)
            rest[name] = nil
        }
        for name in counters.keys.sorted() where !own.contains(name) {
            guard rest[name] == nil, own.count < limit, name != Self.others else { continue }
            own.insert(name)
        }
        var sum: [UInt64] = []
        for (name, now) in counters where !own.contains(name) {
            if let last = rest[name], zip(now, last).contains(where: { $0 < $1 }) { add(last, to: &past) }
            rest[name] = now
            add(now, to: &sum)
        }
        guard !past.isEmpty || !sum.isEmpty else { return (own.sorted(), nil) }
        add(past, to: &sum)
        return (own.sorted(), sum)
    }

    private func add(_ numbers: [UInt64], to sum: inout [UInt64]) {
        if sum.isEmpty { sum = numbers.map { _ in 0 } }
        for (index, number) in numbers.enumerated() { sum[index] &+= number }
    }
}
