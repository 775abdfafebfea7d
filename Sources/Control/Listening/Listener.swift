import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// One address at which requests are taken: a TCP address, or a Unix socket.
final class Listener: Sendable {
    private static let eventLoopGroup: any EventLoopGroup = EventLoopGroupProvider.singleton.eventLoopGroup

    /// What is bound.
    let address: SocketAddress?
    private let channel: any Channel
    private let connections: Connections
    private let limits: ControlServer.Limits
    /// Whether it was asked to take no more connections.
    private let isClosing: NIOLockedValueBox<Bool>
    /// Has a value when nothing of the listener is left.
    private let end: EventLoopFuture<Void>

    /// Returns when the address is bound and requests are taken; throws what NIO throws where it cannot be bound.
    ///
    /// - Parameter respond: answers one request; the address is the one that is bound.
    init(
        _ address: BindAddress,
        limits: ControlServer.Limits,
        logger: Logger,
        respond: @escaping @Sendable (Request, SocketAddress?) async -> Response
    ) async throws {
        let connections = Connections(limit: limits.connections, patience: TimeAmount(limits.idle))
        let isClosing = NIOLockedValueBox(false)
        let bound = NIOLockedValueBox(SocketAddress?.none)
        // Promises, not a stream: this must not end, and leave a listener behind, where the caller's task is cancelled.
        let listening = Self.eventLoopGroup.next().makePromise(of: (any Channel).self)
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in
                await respond(request, bound.withLockedValue { $0 })
            },
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [connections.handler()],
                    idleTimeout: TimeAmount(limits.idle)
                )
            ),
            configuration: .init(address: address),
            onServerRunning: { channel in
                let addition = channel.eventLoop.submit {
                    let handler = AcceptPause(unless: isClosing, logger: logger)
                    try channel.pipeline.syncOperations.addHandler(handler, position: .first)
                }
                // It fails only where the listener has ended already.
                try? await addition.get()
                // Nothing is answered before this returns.
                bound.withLockedValue { $0 = channel.localAddress }
                listening.succeed(channel)
            },
            eventLoopGroupProvider: .shared(Self.eventLoopGroup),
            logger: Logger(label: "control") { _ in SwiftLogNoOpLogHandler() }
        )
        let end = Self.eventLoopGroup.next().makePromise(of: Void.self)
        Task.detached {
            do {
                try await application.run()
                listening.fail(CancellationError())
            } catch {
                listening.fail(error)
            }
            end.succeed()
        }
        channel = try await listening.futureResult.get()
        self.address = channel.localAddress
        self.connections = connections
        self.limits = limits
        self.isClosing = isClosing
        self.end = end.futureResult
    }

    /// Takes no more connections. Those that are open go on.
    ///
    /// It waits for a moment in which no connection is between being accepted and being taken up: NIO traps where the
    /// listener is closed under one. What is accepted makes a few hops between the event loops, each in its turn, so
    /// that some turns of all loops see it through once nothing more is accepted.
    func close() async {
        // Before the option: a pause that ends now must not set it again.
        isClosing.withLockedValue { $0 = true }
        try? await channel.setOption(.autoRead, value: false).get()
        for _ in 0..<8 {
            for eventLoop in Self.eventLoopGroup.makeIterator() { try? await eventLoop.submit {}.get() }
            try? await channel.eventLoop.submit {}.get()
        }
        try? await channel.close()
    }

    /// Takes no more connections, lets what is being answered be answered, and then cuts what is open. It may be called
    /// more than once, at the same time too: the shortest grace counts.
    ///
    /// - Parameter grace: for how long what is being answered may take.
    /// - Returns: whether nothing is left. A part of the service that does not come back holds its request, not us.
    @discardableResult
    func stop(grace: Duration) async -> Bool {
        await close()
        _ = await Self.wait(for: connections.quiesce(on: channel.eventLoop), atMost: grace)
        connections.cut()
        // Its task is not cancelled instead: that would drop connections that are accepted and not yet taken up, and NIO
        // traps where one of those is forgotten.
        return await Self.wait(for: end, atMost: limits.parting)
    }

    /// Whether the future came in time.
    private static func wait(for future: EventLoopFuture<Void>, atMost limit: Duration) async -> Bool {
        let outcome = future.eventLoop.makePromise(of: Bool.self)
        future.whenComplete { _ in outcome.succeed(true) }
        let alarm = future.eventLoop.scheduleTask(in: TimeAmount(limit)) { outcome.succeed(false) }
        let isInTime = try? await outcome.futureResult.get()
        alarm.cancel()
        return isInTime ?? false
    }
}
