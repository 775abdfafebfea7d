import NIOConcurrencyHelpers

/// What a supervisor's owner has ordered, and whom to tell of it. Orders only get stricter.
final class Orders: Sendable {
    enum Order: Int, Comparable {
        case carryOn
        /// Begin the stop sequence.
        case stop
        /// KILL at once.
        case kill

        static func < (left: Order, right: Order) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    private struct State {
        var order = Order.carryOn
        var listener: (@Sendable (Order) -> Void)?
    }

    private let state = NIOLockedValueBox(State())

    /// The strictest order up to now.
    var current: Order {
        state.withLockedValue { $0.order }
    }

    /// Gives an order; one that is no stricter than those before changes nothing.
    func give(_ order: Order) {
        let listener = state.withLockedValue { state in
            guard order > state.order else { return nil as (@Sendable (Order) -> Void)? }
            state.order = order
            return state.listener
        }
        listener?(order)
    }

    /// Calls `listener` for each new order, and at once if there is one already. There is one listener at a time.
    func listen(_ listener: @escaping @Sendable (Order) -> Void) {
        let order = state.withLockedValue { state in
            state.listener = listener
            return state.order
        }
        if order > .carryOn {
            listener(order)
        }
    }

    func stopListening() {
        state.withLockedValue { $0.listener = nil }
    }
}
