import Hummingbird
import NIOCore

/// Turns Hummingbird's requests into calls and the answers into responses. It routes by hand, on the raw path, because
/// CouchDB's paths are irregular.
struct Responder: HTTPResponder {

    /// The longest request line that CouchDB reads, in bytes [237b].
    private static let maximumLine = 8192
    /// The largest body, in bytes: far above any bulk of the tests, and below what would harm the machine.
    private static let maximumBody = 256 << 20

    let routes: Routes
    let authority: Authority

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        let path = request.head.path ?? "/"
        let method = request.method.rawValue
        guard method.utf8.count + path.utf8.count + 11 <= Self.maximumLine else {
            return Response(status: .badRequest, headers: [.connection: "close", .server: routes.identity.server])
        }
        let target = RequestTarget(path)
        routes.state.count { $0.requests[Routes.kind(target), default: 0] += 1 }
        let answer = try await answer(request, target, context.channel)
        return answer.response(isHead: method == "HEAD", server: routes.identity.server)
    }

    private func answer(_ request: Request, _ target: RequestTarget, _ channel: any Channel) async throws -> Answer {
        do {
            let caller = try authority.caller(request.headers[.authorization])
            guard let body = try? await request.body.collect(upTo: Self.maximumBody) else {
                throw CouchError(status: 413, error: "too_large", reason: "the request entity is too large")
            }
            let call = Call(
                method: request.method.rawValue,
                target: target,
                caller: caller,
                host: request.head.authority ?? "127.0.0.1",
                contentType: request.headers[.contentType],
                ifMatch: request.headers[.ifMatch],
                ifNoneMatch: request.headers[.ifNoneMatch],
                body: Array(body.readableBytesView),
                channel: channel
            )
            return try await routes.answer(call)
        } catch let error as CouchError {
            return .failure(error)
        }
    }
}

/// What a request brings along besides itself: its connection.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
