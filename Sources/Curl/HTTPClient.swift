/// A whole answer.
public struct Response: Sendable {
    public var head: ResponseHead
    public var body: [UInt8]

    public init(head: ResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}

/// Questions whose answers are small enough to be held in memory.
@CurlLoop
public enum HTTPClient {
    /// How much of an answer is taken; a longer one is a failure. A list of
    /// 250,000 databases with the longest of names fits.
    public static let maximumBodySize = 64 << 20

    /// Asks, and calls `completion` once, on the loop's thread.
    public static func send(
        _ request: Request,
        completion: @escaping @CurlLoop (Result<Response, TransferFailure>) -> Void
    ) {
        Collector(completion).start(request)
    }

    /// Asks, and waits for the answer. May be called from anywhere.
    public static func send(_ request: Request) async throws(TransferFailure) -> Response {
        try await withCheckedContinuation { continuation in
            send(request) { continuation.resume(returning: $0) }
        }.get()
    }
}

/// Gathers one answer. Keeps itself alive until it has.
@CurlLoop
private final class Collector: TransferDelegate {
    private let completion: @CurlLoop (Result<Response, TransferFailure>) -> Void
    private var response = Response(head: ResponseHead(status: 0), body: [])
    private var myself: Collector?

    init(_ completion: @escaping @CurlLoop (Result<Response, TransferFailure>) -> Void) {
        self.completion = completion
    }

    func start(_ request: Request) {
        myself = self
        Transfer(request, delegate: self).start()
    }

    func transfer(_ transfer: Transfer, answered head: ResponseHead) {
        response.head = head
    }

    func transfer(_ transfer: Transfer, received bytes: UnsafeRawBufferPointer) -> Reception {
        guard response.body.count + bytes.count <= HTTPClient.maximumBodySize else { return .enough }
        response.body.append(contentsOf: bytes)
        return .taken
    }

    func transfer(_ transfer: Transfer, ended end: TransferEnd) {
        myself = nil
        switch end {
        case .complete: completion(.success(response))
        case .failed(let failure): completion(.failure(failure))
        }
    }
}
