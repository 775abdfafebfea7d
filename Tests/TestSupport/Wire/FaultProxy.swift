import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A proxy on loopback in front of a port of loopback, which spoils what the server answers.
///
/// It reads requests (so it can count them and answer some itself) and passes the bytes of answers on as they come.
public final class FaultProxy: Sendable {
    /// What has gone through it.
    public struct Counts: Sendable, Equatable {
        /// Connections that clients made.
        public var connections = 0
        /// Connections that are open now.
        public var open = 0
        /// Requests, those included that the proxy answered itself.
        public var requests = 0
        /// Requests that the proxy answered itself.
        public var unavailable = 0
        /// Requests by path, without the query.
        public var paths: [String: Int] = [:]
        /// Connections that the proxy cut.
        public var cuts = 0
        /// Answers that the proxy let stall by ``ProxyFaults/stallPercent``.
        public var stalls = 0
        /// Bytes that clients sent.
        public var bytesUp = 0
        /// Bytes that clients were sent, injections included.
        public var bytesDown = 0
    }

    private struct State {
        var faults = ProxyFaults.none
        var rule: (@Sendable (WireRequest) -> ProxyFaults?)?
        var counts = Counts()
        var random: SeededGenerator
    }

    /// What is drawn for an answer when its request comes.
    private enum Fate {
        case refused(String)
        case cut(after: Int)
        case stalled(after: Int)
        case none

        var place: Int? {
            switch self {
            case .cut(let after), .stalled(let after): after
            case .refused, .none: nil
            }
        }
    }

    /// What one connection has done of its latest request.
    private struct Progress {
        var request: WireRequest?
        var fate = Fate.none
        var passed = 0
        var hasInjected = false
    }

    private let listener: LoopbackListener
    private let state: NIOLockedValueBox<State>

    /// The port that it listens on.
    public var port: Int { listener.port }
    /// As in `http://127.0.0.1:5984`.
    public var url: String { "http://127.0.0.1:\(port)" }
    /// What has gone through it so far.
    public var counts: Counts { state.withLockedValue { $0.counts } }

    /// Listens on a free port until it is released; `port` is where the server is.
    public init(toward port: Int, seed: UInt64 = 1) async throws {
        let state = NIOLockedValueBox(State(random: SeededGenerator(seed: seed)))
        self.state = state
        listener = try await LoopbackListener { client in
            let number = state.withLockedValue { state in
                state.counts.connections += 1
                state.counts.open += 1
                return state.counts.connections - 1
            }
            defer { state.withLockedValue { $0.counts.open -= 1 } }
            try await Self.serve(client, number, toward: port, state)
        }
    }

    /// The faults for all requests that no rule speaks of. Open feeds feel them at once.
    public func set(_ faults: ProxyFaults) {
        state.withLockedValue { $0.faults = faults }
    }

    /// Changes the faults for all requests that no rule speaks of.
    public func change(_ change: (inout ProxyFaults) -> Void) {
        state.withLockedValue { change(&$0.faults) }
    }

    /// Faults for some requests: where `rule` gives any, they are instead of the common ones. It is called again and
    /// again, under a lock.
    public func setRule(_ rule: (@Sendable (WireRequest) -> ProxyFaults?)?) {
        state.withLockedValue { $0.rule = rule }
    }

    /// Closes the listening socket, so that connections are refused; those that are there go on.
    public func refuse() async throws {
        try await listener.closeAndWait()
    }

    /// Listens again on the same port.
    public func accept() async throws {
        try await listener.reopen()
    }

    /// Cuts all connections that are open.
    public func cutAll(reset: Bool = false) async {
        let clients = listener.connections
        state.withLockedValue { $0.counts.cuts += clients.count }
        for client in clients {
            if reset {
                await client.reset()
            } else {
                try? await client.close().get()
            }
        }
    }

    private static func serve(
        _ client: Connection,
        _ number: Int,
        toward port: Int,
        _ state: NIOLockedValueBox<State>
    ) async throws {
        let channel = client.channel
        try await client.executeThenClose { fromClient, _ in
            let server = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connect(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
                }
            let toServer = server.channel
            try await server.executeThenClose { fromServer, _ in
                let progress = NIOLockedValueBox(Progress())
                // Whichever side ends first ends the other.
                await withTaskGroup { group in
                    group.addTask {
                        try? await up(fromClient, toServer, channel, number, progress, state)
                    }
                    group.addTask {
                        try? await down(fromServer, channel, progress, state)
                    }
                    await group.next()
                    group.cancelAll()
                }
            }
        }
    }

    private static func up(
        _ fromClient: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ toServer: any Channel,
        _ toClient: any Channel,
        _ number: Int,
        _ progress: NIOLockedValueBox<Progress>,
        _ state: NIOLockedValueBox<State>
    ) async throws {
        var scanner = RequestScanner()
        var isOurs = false
        for try await buffer in fromClient {
            state.withLockedValue { $0.counts.bytesUp += buffer.readableBytes }
            for event in try scanner.read(buffer.readableBytesView) {
                switch event {
                case .head(let head, let raw):
                    var request = head
                    request.connection = number
                    let fate = begin(&request, state)
                    progress.withLockedValue { $0 = Progress(request: request, fate: fate) }
                    if case .refused(let refusal) = fate {
                        isOurs = true
                        try await toClient.send(refusal.utf8)
                    } else {
                        isOurs = false
                        try await toServer.send(raw)
                    }
                case .body(let piece) where !isOurs:
                    try await toServer.send(piece)
                case .body, .end:
                    break
                }
            }
        }
    }

    /// Counts the request, and draws what becomes of it.
    private static func begin(_ request: inout WireRequest, _ state: NIOLockedValueBox<State>) -> Fate {
        state.withLockedValue { state in
            request.number = state.counts.requests
            state.counts.requests += 1
            state.counts.paths[request.path, default: 0] += 1
            let faults = state.rule?(request) ?? state.faults
            guard Int.random(in: 0..<100, using: &state.random) < faults.unavailablePercent else {
                return passing(faults, &state.random)
            }
            state.counts.unavailable += 1
            let body = #"{"error":"service_unavailable","reason":"The proxy says so."}"#
            let answer = jsonAnswer(status: 503, body, headers: faults.retryAfter.map { ["Retry-After: \($0)"] } ?? [])
            state.counts.bytesDown += answer.utf8.count
            return .refused(answer)
        }
    }

    private static func passing(_ faults: ProxyFaults, _ random: inout SeededGenerator) -> Fate {
        guard faults.cutPercent + faults.stallPercent > 0 else { return .none }
        let draw = Int.random(in: 0..<100, using: &random)
        let place = Int.random(in: faults.places, using: &random)
        if draw < faults.cutPercent { return .cut(after: place) }
        return draw < faults.cutPercent + faults.stallPercent ? .stalled(after: place) : .none
    }

    private static func down(
        _ fromServer: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ toClient: any Channel,
        _ progress: NIOLockedValueBox<Progress>,
        _ state: NIOLockedValueBox<State>
    ) async throws {
        for try await buffer in fromServer {
            var rest = Array(buffer.readableBytesView)[...]
            while !rest.isEmpty {
                let now = progress.withLockedValue { $0 }
                var faults = state.withLockedValue { state in
                    now.request.flatMap { state.rule?($0) } ?? state.faults
                }
                if let place = now.fate.place { faults.cut = .init(after: place, isWithinLine: true) }
                if faults.isStalled {
                    try await Task.sleep(for: .milliseconds(5))
                    continue
                }
                let step = ProxyStep(faults, pending: rest, passed: now.passed, hasInjected: now.hasInjected)
                rest = rest.dropFirst(step.used)
                progress.withLockedValue {
                    $0.passed += step.used
                    $0.hasInjected = $0.hasInjected || step.injects
                }
                state.withLockedValue { $0.counts.bytesDown += step.send.count }
                try await toClient.send(step.send)
                if step.cuts, case .stalled = now.fate {
                    state.withLockedValue { $0.counts.stalls += 1 }
                    // Until the client goes, which cancels this.
                    while true { try await Task.sleep(for: .seconds(1)) }
                }
                if step.cuts {
                    state.withLockedValue { $0.counts.cuts += 1 }
                    if faults.cut?.reset == true { await toClient.reset() }
                    return
                }
                if faults.bytesPerSecond != nil {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        }
    }
}
