import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

/// Listens on a port of loopback, or on a Unix socket, and gives every connection a task of its own.
final class LoopbackListener: Sendable {
    private struct State {
        var channel: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
    }

    /// The port, the same however often it is closed and opened again; 0 for a Unix socket.
    let port: Int
    private let state = NIOLockedValueBox(State())
    private let handle: @Sendable (Connection) async throws -> Void

    /// Listens on a free port; `handle` owns the connection and must execute it.
    init(handle: @escaping @Sendable (Connection) async throws -> Void) async throws {
        self.handle = handle
        let channel = try await Self.bind(port: 0, handle: handle, state: state)
        guard let port = channel.localAddress?.port else { throw TestFailure("the listener has no port") }
        self.port = port
        state.withLockedValue { $0.channel = channel }
    }

    /// Listens on a Unix socket, whose file is made at `path`.
    init(unixSocket path: String, handle: @escaping @Sendable (Connection) async throws -> Void) async throws {
        self.handle = handle
        port = 0
        let channel = try await Self.bootstrap(handle: handle, state: state).bind(unixDomainSocketPath: path).get()
        state.withLockedValue { $0.channel = channel }
    }

    deinit {
        close()
        for connection in connections { connection.close(promise: nil) }
    }

    /// The connections that are open.
    var connections: [any Channel] {
        state.withLockedValue { Array($0.connections.values) }
    }

    /// Stops listening: new connections are refused. Those that are there go on.
    func close() {
        let channel = state.withLockedValue { state in
            defer { state.channel = nil }
            return state.channel
        }
        channel?.close(promise: nil)
    }

    /// Stops listening and waits until the port refuses.
    ///
    /// A child that is just being spawned holds the socket open until its exec, so the closing alone proves nothing.
    func closeAndWait() async throws {
        close()
        try await eventually("port \(port) refuses") {
            let probe = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
            try? await probe?.close().get()
            return probe == nil
        }
    }

    /// Listens again on the same port.
    func reopen() async throws {
        guard state.withLockedValue({ $0.channel == nil }) else { return }
        let channel = try await Self.bind(port: port, handle: handle, state: state)
        state.withLockedValue { $0.channel = channel }
    }

    private static func bind(
        port: Int,
        handle: @escaping @Sendable (Connection) async throws -> Void,
        state: NIOLockedValueBox<State>
    ) async throws -> any Channel {
        try await bootstrap(handle: handle, state: state)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .bind(host: "127.0.0.1", port: port).get()
    }

    /// Each connection is taken up at once, in a task of its own, and outlives the listener's closing.
    private static func bootstrap(
        handle: @escaping @Sendable (Connection) async throws -> Void,
        state: NIOLockedValueBox<State>
    ) -> ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = try Connection(wrappingChannelSynchronously: channel)
                    state.withLockedValue { $0.connections[ObjectIdentifier(channel)] = channel }
                    Task {
                        try? await handle(connection)
                        state.withLockedValue { $0.connections[ObjectIdentifier(channel)] = nil }
                    }
                }
            }
    }
}

extension Channel {
    /// Sends `bytes` and waits until the system has them, so that a close that follows loses none.
    func send(_ bytes: some Sequence<UInt8>) async throws {
        try await writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Closes the connection so that the other side sees a reset, not an end.
    func reset() async {
        if let options = self as? any SocketOptionProvider {
            try? await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await close().get()
    }
}
