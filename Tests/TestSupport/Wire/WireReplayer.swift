import NIOConcurrencyHelpers
import NIOCore

/// A server on loopback that plays recordings, with the chunks and the pauses that they had.
public final class WireReplayer: Sendable {
    /// How a recording is played.
    public struct Playback: Sendable {
        /// What is played.
        public var recording: Recording
        /// How many times faster than it was; 0 for without pauses.
        public var speed: Double
        /// How many bytes of the answer are sent before the connection is cut; nil for all.
        public var cutAfter: Int?
        /// Whether a cut is a reset, not an end.
        public var cutWithReset: Bool
        /// How many bytes are written at once at most; nil for what each read had.
        public var pieces: Int?
        /// How it ends; nil for as it was recorded.
        public var ending: Recording.Ending?

        /// `recording` as it was, unless said otherwise.
        public init(
            _ recording: Recording,
            speed: Double = 1,
            cutAfter: Int? = nil,
            cutWithReset: Bool = false,
            pieces: Int? = nil,
            ending: Recording.Ending? = nil
        ) {
            self.recording = recording
            self.speed = speed
            self.cutAfter = cutAfter
            self.cutWithReset = cutWithReset
            self.pieces = pieces
            self.ending = ending
        }
    }

    /// What a request gets.
    public enum Answer: Sendable {
        /// A recording.
        case play(Playback)
        /// A status and a JSON body, framed as it should be.
        case json(status: Int, String)
        /// These bytes as they are; the connection is kept.
        case bytes([UInt8])
        /// Nothing, and the connection stays open.
        case silence
        /// Nothing, and the connection is closed.
        case hangUp
    }

    private let listener: LoopbackListener
    private let received: NIOLockedValueBox<[WireRequest]>

    /// The port that it listens on.
    public var port: Int { listener.port }
    /// As in `http://127.0.0.1:5984`.
    public var url: String { "http://127.0.0.1:\(port)" }
    /// All requests so far, in order.
    public var requests: [WireRequest] { received.withLockedValue { $0 } }

    /// Listens on a free port until it is released, or on a Unix socket made at the path `unixSocket`; `answer` is called
    /// for each request, from any thread.
    public init(unixSocket: String? = nil, answer: @escaping @Sendable (WireRequest) async -> Answer) async throws {
        let received = NIOLockedValueBox<[WireRequest]>([])
        let connections = NIOLockedValueBox(0)
        self.received = received
        let handle: @Sendable (Connection) async throws -> Void = { connection in
            let number = connections.withLockedValue { count in
                defer { count += 1 }
                return count
            }
            try await Self.serve(connection, number, received, answer)
        }
        listener =
            if let unixSocket {
                try await LoopbackListener(unixSocket: unixSocket, handle: handle)
            } else {
                try await LoopbackListener(handle: handle)
            }
    }

    /// Plays `playback` for requests that `matches` accepts; the others get what `otherwise` says.
    public convenience init(
        playing playback: Playback,
        for matches: @escaping @Sendable (WireRequest) -> Bool,
        otherwise: @escaping @Sendable (WireRequest) async -> Answer = { _ in .json(status: 404, notFound) }
    ) async throws {
        try await self.init { request in
            matches(request) ? .play(playback) : await otherwise(request)
        }
    }

    /// Stops listening, until the port refuses. Connections that are open go on until the replayer is released.
    public func stop() async throws {
        try await listener.closeAndWait()
    }

    private static func serve(
        _ connection: Connection,
        _ number: Int,
        _ received: NIOLockedValueBox<[WireRequest]>,
        _ answer: @Sendable (WireRequest) async -> Answer
    ) async throws {
        let channel = connection.channel
        try await connection.executeThenClose { inbound, _ in
            var scanner = RequestScanner()
            var current: WireRequest?
            for try await buffer in inbound {
                for event in try scanner.read(buffer.readableBytesView) {
                    switch event {
                    case .head(let request, _):
                        current = request
                        current?.connection = number
                    case .body(let piece):
                        current?.body += piece
                    case .end:
                        guard var request = current else { continue }
                        received.withLockedValue {
                            request.number = $0.count
                            $0.append(request)
                        }
                        guard try await give(await answer(request), channel) else { return }
                    }
                }
            }
        }
    }

    /// Returns whether the connection is kept.
    private static func give(
        _ answer: Answer,
        _ channel: any Channel
    ) async throws -> Bool {
        switch answer {
        case .play(let playback):
            return try await play(playback, channel)
        case .json(let status, let body):
            try await channel.send(jsonAnswer(status: status, body).utf8)
        case .bytes(let bytes):
            try await channel.send(bytes)
        case .silence:
            break
        case .hangUp:
            return false
        }
        return true
    }

    private static func play(
        _ playback: Playback,
        _ channel: any Channel
    ) async throws -> Bool {
        let start = ContinuousClock.now
        var room = playback.cutAfter ?? .max
        for event in playback.recording.events {
            guard case .read(let bytes) = event.kind else { continue }
            if playback.speed > 0 {
                try await Task.sleep(until: start + .seconds(event.seconds / playback.speed))
            }
            var rest = bytes.prefix(room)
            room -= rest.count
            while !rest.isEmpty {
                let piece = rest.prefix(playback.pieces ?? rest.count)
                try await channel.send(piece)
                rest = rest.dropFirst(piece.count)
            }
            if room == 0 {
                if playback.cutWithReset { await channel.reset() }
                return false
            }
        }
        return (playback.ending ?? playback.recording.ending) != .closedByServer
    }
}

/// What CouchDB says of a document or database that is not there.
public let notFound = #"{"error":"not_found","reason":"missing"}"#

/// An answer with a JSON body and its length.
func jsonAnswer(status: Int, _ body: String, headers: [String] = []) -> String {
    let lines = ["HTTP/1.1 \(status) Status \(status)", "Content-Type: application/json"] + headers
    return (lines + ["Content-Length: \(body.utf8.count + 1)", "", ""]).joined(separator: "\r\n") + body + "\n"
}
