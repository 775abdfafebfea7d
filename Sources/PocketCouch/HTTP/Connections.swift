import NIOConcurrencyHelpers
import NIOCore

/// The open connections of a server, so that it can cut them when it stops, and so that a feed learns at once that its
/// client has hung up: otherwise it would find out at its next write, which may be a minute away.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var waiters: [ObjectIdentifier: Waiter] = [:]
    }

    private let state = NIOLockedValueBox(State())

    /// The handler that reports one connection here.
    func handler() -> some RemovableChannelHandler {
        HangUpHandler(connections: self)
    }

    fileprivate func add(_ channel: any Channel) {
        state.withLockedValue { $0.channels[ObjectIdentifier(channel)] = channel }
    }

    fileprivate func hungUp(_ channel: any Channel) {
        let waiter = state.withLockedValue { state in
            state.channels[ObjectIdentifier(channel)] = nil
            return state.waiters.removeValue(forKey: ObjectIdentifier(channel))
        }
        waiter?.end()
    }

    /// From now on the waiter ends with the connection. The connection's next feed takes the place of this one.
    func watch(_ channel: any Channel, _ waiter: Waiter) {
        let isOpen = state.withLockedValue { state in
            let isOpen = state.channels[ObjectIdentifier(channel)] != nil
            if isOpen { state.waiters[ObjectIdentifier(channel)] = waiter }
            return isOpen
        }
        if !isOpen { waiter.end() }
    }

    /// Cuts every connection where it is, as when a server is killed. No connection may come any more.
    func cut() {
        let (channels, waiters) = state.withLockedValue { state in
            defer {
                state.channels.removeAll()
                state.waiters.removeAll()
            }
            return (Array(state.channels.values), Array(state.waiters.values))
        }
        for channel in channels { channel.close(promise: nil) }
        for waiter in waiters { waiter.end() }
    }
}

/// Sits in a connection's pipeline and reports its beginning, its half-close by the client, and its end.
private final class HangUpHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connections: Connections

    init(connections: Connections) {
        self.connections = connections
    }

    func handlerAdded(context: ChannelHandlerContext) {
        connections.add(context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.hungUp(context.channel)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { connections.hungUp(context.channel) }
        context.fireUserInboundEventTriggered(event)
    }
}
