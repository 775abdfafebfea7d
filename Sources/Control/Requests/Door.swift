import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// Takes a request from Hummingbird, asks the ``Gatekeeper``, reads the body, and has the ``Desk`` answer.
final class Door: Sendable {
    /// The largest body, in bytes.
    static let maximumBody = 64 * 1024

    private let desk: Desk
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    private struct State {
        var tokenFile: TokenFile
        /// What is wrong with the token, so that it is said once and not for each request.
        var lastFault: ControlFault?
    }

    init(_ desk: Desk, _ tokenFile: TokenFile, logger: Logger) {
        self.desk = desk
        self.logger = logger
        state = NIOLockedValueBox(State(tokenFile: tokenFile))
    }

    /// From now on the token stands there.
    func use(_ tokenFile: TokenFile) {
        state.withLockedValue { $0 = State(tokenFile: tokenFile) }
    }

    /// - Parameter listener: by which way the request came.
    func respond(to request: Request, by listener: Gatekeeper.Listener) async -> Response {
        let answer = await answer(request, by: listener)
        return answer.response(isHead: request.method == .head)
    }

    private func answer(_ request: Request, by listener: Gatekeeper.Listener) async -> Answer {
        let target = request.head.path ?? ""
        let path = String(target.prefix { $0 != "?" })
        let asked = Gatekeeper.Request(
            method: request.method.rawValue,
            path: path,
            // Hummingbird keeps the first one apart.
            hosts: [request.head.authority].compactMap(\.self) + Self.values("Host", of: request),
            origins: Self.values("Origin", of: request),
            authorizations: Self.values("Authorization", of: request)
        )
        do throws(ControlFault) {
            let verdict = try Gatekeeper(listener: listener).judge(asked) { presented throws(ControlFault) in
                try readToken().matches(presented)
            }
            if case .refused(let status, let reason) = verdict { return Self.refusal(status, reason) }
        } catch {
            return .failure(500, "internal", "The token cannot be read; Herald's log says why.")
        }
        guard let body = try? await request.body.collect(upTo: Self.maximumBody) else {
            return .failure(413, "too_large", "The body is larger than \(Self.maximumBody) bytes.")
        }
        return await desk.answer(
            method: asked.method,
            path: path,
            body: Array(body.readableBytesView),
            from: listener == .socket ? "control socket" : "TCP"
        )
    }

    private static func refusal(_ status: Int, _ reason: String) -> Answer {
        switch status {
        case 401: Answer.failure(401, "unauthorized", reason).with("WWW-Authenticate", #"Bearer realm="herald""#)
        case 403: .failure(403, "forbidden", reason)
        default: .failure(status, "bad_request", reason)
        }
    }

    private static func values(_ name: String, of request: Request) -> [String] {
        HTTPFields.Element.Name(name).map { request.headers[values: $0] } ?? []
    }

    private func readToken() throws(ControlFault) -> Token {
        let file = state.withLockedValue { $0.tokenFile }
        do {
            let token = try file.read()
            state.withLockedValue { $0.lastFault = nil }
            return token
        } catch {
            let isNew = state.withLockedValue { state in
                defer { state.lastFault = error }
                return state.lastFault != error
            }
            if isNew { logger.error("\(error)") }
            throw error
        }
    }
}
