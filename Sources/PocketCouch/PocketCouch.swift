import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// A small CouchDB in memory, for the demo and the tests: HTTP on 127.0.0.1. It only ever answers rightly. What it
/// answers is what Apache CouchDB 3.5.0 was recorded to answer, in status, shape, order and framing; it has no views,
/// filters, attachments, replication or cookies, and says so when asked for them.
public final class PocketCouch: Sendable {
    private enum State {
        case idle
        case starting
        case running(listener: any Channel, port: Int, run: Task<Void, Never>)
        case stopped
    }

    /// The databases. They outlive this object.
    public let state: CouchState

    private static let eventLoopGroup: any EventLoopGroup = EventLoopGroupProvider.singleton.eventLoopGroup

    private let configuration: Configuration
    private let connections = Connections()
    private let lifecycle = NIOLockedValueBox(State.idle)

    /// A server that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: how it listens, and who may ask it what.
    ///   - state: the databases; give the state of an earlier server to restart that one.
    public init(_ configuration: Configuration = .init(), state: CouchState = CouchState()) {
        self.configuration = configuration
        self.state = state
    }

    /// The TCP port; 0 before ``start()`` has returned and after ``stop()``.
    public var port: Int {
        lifecycle.withLockedValue { if case .running(_, let port, _) = $0 { port } else { 0 } }
    }

    /// `http://127.0.0.1:PORT`
    public var url: String { "http://127.0.0.1:\(port)" }

    /// Returns when the server listens.
    ///
    /// - Throws: why the port could not be bound; ``AlreadyStarted`` where it was started before: a restart is a new
    ///   object with the same state.
    public func start() async throws {
        try lifecycle.withLockedValue { lifecycle in
            guard case .idle = lifecycle else { throw AlreadyStarted() }
            lifecycle = .starting
        }
        state.setBell(window: configuration.bellWindow, shuffles: configuration.bellShuffles)
        let (listening, continuation) = AsyncThrowingStream<any Channel, any Error>.makeStream()
        let application = application { continuation.yield($0) }
        let run = Task.detached {
            do {
                try await application.run()
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        for try await listener in listening {
            let port = listener.localAddress?.port ?? 0
            lifecycle.withLockedValue { $0 = .running(listener: listener, port: port, run: run) }
            return
        }
        throw CancellationError()
    }

    /// Stops as a killed server does: open feeds end where they are, without their final chunk, news that the bell has
    /// not rung is lost, and the port refuses. Returns when all that is done.
    public func stop() async {
        let running = lifecycle.withLockedValue { lifecycle in
            defer { lifecycle = .stopped }
            guard case .running(let listener, _, let run) = lifecycle else {
                return (any Channel, Task<Void, Never>)?.none
            }
            return (listener, run)
        }
        guard let (listener, run) = running else { return }
        await Self.close(listener)
        connections.cut()
        // The run ends by itself once its listener and its connections are closed. To cancel it would drop connections
        // that are accepted and not yet taken up, and NIO traps where one of those is forgotten.
        await run.value
        state.dropPendingNews()
    }

    /// Closes the listener when no connection is between being accepted and being taken up: NIO traps where the
    /// listener is closed under one. What is accepted makes a few hops between the event loops, each in its turn, so
    /// that some turns of all loops see it through once nothing more is accepted.
    private static func close(_ listener: any Channel) async {
        try? await listener.setOption(.autoRead, value: false).get()
        for _ in 0..<8 {
            for eventLoop in eventLoopGroup.makeIterator() { try? await eventLoop.submit {}.get() }
            try? await listener.eventLoop.submit {}.get()
        }
        try? await listener.close()
    }

    private func application(onListening: @escaping @Sendable (any Channel) -> Void) -> some ApplicationProtocol {
        let identity = Identity(
            dialect: configuration.dialect,
            startedAt: state.clock(),
            copies: configuration.clusterCopies
        )
        let routes = Routes(
            state: state,
            configuration: configuration,
            identity: identity,
            connections: connections
        )
        let authority = Authority(admin: configuration.admin, users: configuration.users)
        let connections = connections
        return Application(
            responder: Responder(routes: routes, authority: authority),
            server: .http1(configuration: .init(additionalChannelHandlers: [connections.handler()])),
            configuration: .init(address: .hostname("127.0.0.1", port: configuration.port), backlog: 4096),
            onServerRunning: { onListening($0) },
            eventLoopGroupProvider: .shared(Self.eventLoopGroup),
            logger: Logger(label: "pocketcouch") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// Thrown where a server is started a second time.
    public struct AlreadyStarted: Error {}
}
