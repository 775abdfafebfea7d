import NIOConcurrencyHelpers

/// What a supervisor's owner has ordered, and whom to tell of it. Orders only get stricter; that one child is to be
/// replaced by another is no order, and forgotten once it was told.
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
        var replace: (@Sendable () -> Void)?
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

    /// Tells whoever leads a child to end it as by a stop. Without effect if nobody does.
    func replaceChild() {
        let replace = state.withLockedValue { $0.replace }
        replace?()
    }

    /// Calls `listener` for each new order, and at once if there is one already; and `replace` when the child is to be
    /// replaced. There is one listener at a time.
    func listen(replace: (@Sendable () -> Void)? = nil, _ listener: @escaping @Sendable (Order) -> Void) {
        let order = state.withLockedValue { state in
            state.listener = listener
            state.replace = replace
            return state.order
        }
        if order > .carryOn {
            listener(order)
        }
    }

    func stopListening() {
        state.withLockedValue { state in
            state.listener = nil
            state.replace = nil
        }
    }
}
