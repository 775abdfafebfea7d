import NIOConcurrencyHelpers
import NIOCore

/// The open connections of a listener, so that it can bound their number and end them when it stops.
final class Connections: Sendable {
    private let limit: Int
    private let channels = NIOLockedValueBox<[ObjectIdentifier: any Channel]>([:])

    /// - Parameter limit: how many there may be; more are closed as they come.
    init(limit: Int) {
        self.limit = limit
    }

    /// The handler that reports one connection here.
    func handler() -> some RemovableChannelHandler {
        ConnectionHandler(connections: self)
    }

    /// False if there are too many.
    fileprivate func admit(_ channel: any Channel) -> Bool {
        channels.withLockedValue { channels in
            guard channels.count < limit else { return false }
            channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    fileprivate func forget(_ channel: any Channel) {
        channels.withLockedValue { $0[ObjectIdentifier(channel)] = nil }
    }

    /// Closes those that wait for a request at once, the others when what was asked is answered. No connection may come
    /// any more.
    ///
    /// - Returns: a future that is there when all are closed.
    func quiesce(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let channels = Array(channels.withLockedValue { $0.values })
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        return EventLoopFuture.andAllComplete(channels.map(\.closeFuture), on: eventLoop)
    }

    /// Closes all, whatever they are at.
    func cut() {
        for channel in channels.withLockedValue({ Array($0.values) }) { channel.close(promise: nil) }
    }
}

/// Sits in a connection's pipeline and reports its beginning and its end.
private final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connections: Connections

    init(connections: Connections) {
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) {
        if !connections.admit(context.channel) { context.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.forget(context.channel)
        context.fireChannelInactive()
    }
}
