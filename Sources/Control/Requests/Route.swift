/// What can be asked for.
enum Route: Sendable, Equatable {
    case up
    case status
    case metrics
    case reload
    case rewind
    case act(ChildAction, ChildName)

    /// What a path leads to.
    enum Finding: Sendable, Equatable {
        case route(Route)
        case nothing
        /// The name in it is no percent-encoded UTF-8.
        case malformed
    }

    /// - Parameter path: without its query, still percent-encoded.
    static func find(_ path: String) -> Finding {
        switch path {
        case "/_up": return .route(.up)
        case "/_status": return .route(.status)
        case "/_metrics": return .route(.metrics)
        case "/_reload": return .route(.reload)
        case "/_rewind": return .route(.rewind)
        default: break
        }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.count == 3, segments[0].isEmpty, segments[1].first == "_", !segments[2].isEmpty,
            let action = ChildAction(rawValue: String(segments[1].dropFirst()))
        else { return .nothing }
        guard let name = percentDecoded(segments[2].utf8) else { return .malformed }
        return .route(.act(action, ChildName(name)))
    }

    /// The methods that it takes, as `Allow` names them.
    var methods: [String] {
        switch self {
        case .up, .status, .metrics: ["GET", "HEAD"]
        case .reload, .rewind, .act: ["POST"]
        }
    }

    private static func percentDecoded(_ text: some Sequence<UInt8>) -> String? {
        var decoded: [UInt8] = []
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit)
            else { return nil }
            decoded.append(high << 4 | low)
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
