import NIOConcurrencyHelpers
import TestSupport

/// A server with one database, `d`, whose feeds are played from recordings, one after the other; the last one that is
/// asked for beyond them stays silent.
final class PlayedServer: Sendable {
    let replayer: WireReplayer

    /// `answer` may answer any request in its own way.
    init(
        feeds: [WireReplayer.Playback],
        answer: @escaping @Sendable (WireRequest) -> WireReplayer.Answer? = { _ in nil }
    ) async throws {
        let played = NIOLockedValueBox(0)
        replayer = try await WireReplayer { request in
            if let answer = answer(request) { return answer }
            switch request.path {
            case "/": return .json(status: 200, #"{"couchdb":"Welcome","version":"3.5.0","uuid":"played"}"#)
            case "/_all_dbs": return .json(status: 200, #"["d"]"#)
            case "/d": return .json(status: 200, Self.info)
            case "/d/_changes":
                let number = played.withLockedValue { count in
                    defer { count += 1 }
                    return count
                }
                return number < feeds.count ? .play(feeds[number]) : .bytes(Self.openFeed)
            default: return .json(status: 404, notFound)
            }
        }
    }

    /// What was asked of the feed, in order.
    var feedRequests: [WireRequest] {
        replayer.requests.filter { $0.path == "/d/_changes" }
    }

    static let info = #"{"instance_start_time":"1795218688","db_name":"d","update_seq":"0-g1AAAA"}"#

    /// A feed that begins and then says nothing.
    static let openFeed = Array(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n".utf8
    )
}
