import Logging
import NIOConcurrencyHelpers
import Status

/// Answers those requests that the ``Gatekeeper`` lets through.
final class Desk: Sendable {
    private let controlled: any Controlled
    private let logger: Logger
    private let books = NIOLockedValueBox(Metrics.Books())

    init(_ controlled: any Controlled, logger: Logger) {
        self.controlled = controlled
        self.logger = logger
    }

    /// - Parameters:
    ///   - path: without its query, still percent-encoded.
    ///   - body: all of it.
    ///   - origin: by which way the request came, for the log.
    func answer(method: String, path: String, body: [UInt8], from origin: String) async -> Answer {
        switch Route.find(path) {
        case .nothing: return .failure(404, "not_found", "There is nothing at this path.")
        case .malformed:
            return .failure(400, "bad_request", "The name in the path must be UTF-8, percent-encoded.")
        case .route(let route):
            guard route.methods.contains(method) else {
                let allowed = route.methods.joined(separator: ", ")
                return Answer.failure(405, "method_not_allowed", "Only \(allowed) allowed.").with("Allow", allowed)
            }
            do throws(ControlError) {
                return try await answer(route, body, from: origin)
            } catch {
                return Self.answer(error)
            }
        }
    }

    private func answer(_ route: Route, _ body: [UInt8], from origin: String) async throws(ControlError) -> Answer {
        switch route {
        case .up:
            let body = UpBody(await controlled.report())
            return Answer(status: body.reasons == nil ? 200 : 503, body)
        case .status: return Answer(await controlled.report())
        case .metrics:
            let report = await controlled.report()
            let text = books.withLockedValue { Metrics.text(report, &$0) }
            return Answer(text: text, contentType: Metrics.contentType)
        case .reload:
            logger.info("asked to reload", metadata: ["from": "\(origin)"])
            return Answer(try await controlled.reload())
        case .rewind:
            guard let request = try? StatusCoding.decode(RewindRequest.self, from: body) else {
                return .failure(
                    400,
                    "bad_request",
                    #"The body must be JSON: {"name":"NAME","to":"0"}, perhaps with a "database"."#
                )
            }
            let answer = try await controlled.rewind(request)
            logger.info(
                "cursors moved as asked",
                metadata: [
                    "from": "\(origin)", "notifier": "\(request.name ?? "all")",
                    "database": "\(request.database ?? "all")", "to": "\(request.to)",
                ]
            )
            return Answer(answer)
        case .act(let action, let name):
            try await controlled.perform(action, on: name)
            logger.info("asked to \(action.rawValue) '\(name.name)'", metadata: ["from": "\(origin)"])
            return Answer(OKBody())
        }
    }

    private static func answer(_ error: ControlError) -> Answer {
        switch error {
        case .faults(let faults):
            let reason = "The configuration has faults; the one that was in force goes on."
            return Answer(status: 422, ErrorBody(error: "faults", reason: reason, faults: faults))
        case .unknown(let reason): return .failure(404, "not_found", reason)
        case .refused(let reason): return .failure(409, "conflict", reason)
        }
    }
}
