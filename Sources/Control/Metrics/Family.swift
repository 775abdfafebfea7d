import Status

/// The metrics of things of one kind, told apart by their names: a series each, and one for those without their own.
struct Family<Item> {
    fileprivate let label: String
    fileprivate let items: [String: Item]
    private let counters: [String: [UInt64]]
    fileprivate let own: [String]
    private let othersCounted: [UInt64]?
    fileprivate let others: [Item]

    /// - Parameter counters: those numbers of an item that only grow.
    init(
        _ label: String,
        _ items: [String: Item],
        _ book: inout LabelBook,
        counters: (Item) -> [UInt64]
    ) {
        self.label = label
        self.items = items
        self.counters = items.mapValues(counters)
        (own, othersCounted) = book.enter(self.counters)
        let named = Set(own)
        others = items.filter { !named.contains($0.key) }.map(\.value)
    }

    /// One counter, by its place among those that `init` was given.
    func counter(_ index: Int, _ name: String, _ help: String, _ exposition: inout Exposition) {
        var samples = own.compactMap { name in
            counters[name].map { sample(name, Double($0[index])) }
        }
        if let othersCounted { samples.append(sample(LabelBook.others, Double(othersCounted[index]))) }
        exposition.add(name, .counter, help, samples)
    }

    /// One gauge.
    ///
    /// - Parameters:
    ///   - joined: makes one number of those of the others; their sum unless told otherwise.
    ///   - value: `nil` where an item has none.
    func gauge(
        _ name: String,
        _ help: String,
        _ exposition: inout Exposition,
        joined: (Double, Double) -> Double = (+),
        value: (Item) -> Double?
    ) {
        var samples = own.compactMap { name in
            items[name].flatMap(value).map { sample(name, $0) }
        }
        let numbers = others.compactMap(value)
        if let first = numbers.first {
            samples.append(sample(LabelBook.others, numbers.dropFirst().reduce(first, joined)))
        }
        exposition.add(name, .gauge, help, samples)
    }

    private func sample(_ name: String, _ value: Double) -> (labels: KeyValuePairs<String, String>, value: Double) {
        ([label: name], value)
    }
}

extension Family<NotifierStatus> {
    /// How many of one name are in each way of delivery: 1 for the one that holds, 0 for the others.
    func addDelivery(to exposition: inout Exposition) {
        let ways = [NotifierStatus.Delivery.live, .behind, .catchingUp]
        var samples: [(labels: KeyValuePairs<String, String>, value: Double)] = []
        func add(_ name: String, _ notifiers: [NotifierStatus]) {
            for way in ways {
                let count = notifiers.count { $0.delivery == way }
                samples.append((["notifier": name, "delivery": way.rawValue], Double(count)))
            }
        }
        for name in own { add(name, [items[name]].compactMap(\.self)) }
        if !others.isEmpty { add(LabelBook.others, others) }
        exposition.add("herald_notifier_delivery", .gauge, "1 for the way in which it is served.", samples)
    }
}
