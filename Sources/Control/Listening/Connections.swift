import NIOConcurrencyHelpers
import NIOCore

/// The open connections of a listener, so that it can bound their number and end them when it stops.
final class Connections: Sendable {
    private let limit: Int
    fileprivate let patience: TimeAmount
    private let channels = NIOLockedValueBox<[ObjectIdentifier: any Channel]>([:])

    /// - Parameters:
    ///   - limit: how many there may be; more are closed as they come.
    ///   - patience: how long a client may leave its answers unread, or stay when it was told all.
    init(limit: Int, patience: TimeAmount) {
        self.limit = limit
        self.patience = patience
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

/// Sits in a connection's pipeline, reports its beginning and its end, and ends it where the client does not do its
/// part: Hummingbird lets a connection alone as long as one of its requests is not answered. A client can have that last
/// for ever: it does not read the answers, or it asks for more after the request that was to be the last.
private final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny

    private let connections: Connections
    /// Whether all is said: nothing will be written any more.
    private var isDone = false
    /// Ends the connection. It is there while it is the client's turn.
    private var cut: Scheduled<Void>?

    init(connections: Connections) {
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) {
        if !connections.admit(context.channel) { context.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        cut?.cancel()
        connections.forget(context.channel)
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        watch(context)
        context.fireChannelWritabilityChanged()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output {
            isDone = true
            watch(context)
        }
        context.close(mode: mode, promise: promise)
    }

    /// Gives the client its time to read, or to hang up, or takes it back.
    private func watch(_ context: ChannelHandlerContext) {
        let channel = context.channel
        guard channel.isActive, isDone || !channel.isWritable else {
            cut?.cancel()
            cut = nil
            return
        }
        guard cut == nil else { return }
        cut = context.eventLoop.scheduleTask(in: connections.patience) { channel.close(promise: nil) }
    }
}
