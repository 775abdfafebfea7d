/// Elements by deadline, the earliest first: a binary heap.
struct DeadlineQueue<Element> {
    private var heap: [(deadline: ContinuousClock.Instant, element: Element)] = []

    var first: Element? { heap.first?.element }
    var firstDeadline: ContinuousClock.Instant? { heap.first?.deadline }

    mutating func insert(_ element: Element, at deadline: ContinuousClock.Instant) {
        heap.append((deadline, element))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].deadline < heap[parent].deadline else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The earliest element, if its deadline is not after `instant`.
    mutating func popFirst(notAfter instant: ContinuousClock.Instant) -> Element? {
        guard let first = heap.first, first.deadline <= instant else { return nil }
        removeFirst()
        return first.element
    }

    /// Takes the earliest element out, if there is one.
    mutating func removeFirst() {
        guard heap.count > 1 else {
            heap.removeAll(keepingCapacity: true)
            return
        }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var earliest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].deadline < heap[earliest].deadline {
                earliest = child
            }
            guard earliest != parent else { return }
            heap.swapAt(parent, earliest)
            parent = earliest
        }
    }
}
