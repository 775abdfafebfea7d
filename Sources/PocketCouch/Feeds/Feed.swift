import NIOCore

/// An answer that is sent as it comes: one reader calls `next` until it is nil.
protocol Feed: Sendable {
    /// The chunks to send next, after waiting for them if need be; nil at the end.
    ///
    /// - Throws: `CancellationError` when the client or the server has gone: the connection is to be cut.
    mutating func next() async throws -> [ByteBuffer]?
}

/// Undoes something when the last copy of a feed has gone, however that came about.
final class Attachment: Sendable {
    private let detach: @Sendable () -> Void

    init(detach: @escaping @Sendable () -> Void) {
        self.detach = detach
    }

    deinit {
        detach()
    }
}

/// A feed whose first chunks are there already. CouchDB sends even the headers of `_db_updates` only with the first row
/// or heartbeat [117].
struct PrimedFeed: Feed {
    private var first: [ByteBuffer]?
    private var feed: any Feed

    init(_ feed: any Feed) async throws {
        var feed = feed
        first = try await feed.next()
        self.feed = feed
    }

    mutating func next() async throws -> [ByteBuffer]? {
        if let chunks = first {
            first = nil
            return chunks
        }
        return try await feed.next()
    }
}
