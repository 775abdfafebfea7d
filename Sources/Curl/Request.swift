/// What is asked of a server.
public struct Request: Sendable {
    public enum Authorization: Sendable, Equatable {
        case none
        /// Sent with the first request, without waiting for a challenge.
        case basic(user: String, password: String)
        case bearer(token: String)
    }

    /// Absolute, percent-encoded, without credentials.
    public var url: String
    public var authorization: Authorization = .none
    /// A PEM file with the authorities to trust for https instead of the system's.
    public var caFile: String?
    /// `nil` for `POST` where there is a body, `GET` where there is none.
    public var method: String?
    /// JSON to be sent.
    public var body: [UInt8]?
    /// For how long the whole conversation may last; `nil` for a feed, which lasts.
    public var timeout: Duration?
    /// How many bytes libcurl takes from the socket at once: more is faster, and
    /// is held in memory once by each transfer.
    public var bufferSize: Int = 16 * 1024
    /// Whether it gets a new connection without a look for a free one. libcurl looks through all that are open, which
    /// takes seconds in all where ten thousand feeds open one after the other and none is free.
    public var wantsNewConnection = false
    /// The path of a Unix socket to ask instead of the url's host, which then is named in the request only. One longer
    /// than ``longestSocketPath`` is a failure.
    public var unixSocket: String?

    public init(url: String) {
        self.url = url
    }

    /// For how long connecting may last, name resolution and TLS included.
    public static let connectTimeout = Duration.seconds(10)
    /// How many bytes the path of a Unix socket may have: `sun_path` of unix(7), less the zero at its end.
    public static let longestSocketPath = 107
}

/// The beginning of an answer.
public struct ResponseHead: Sendable, Equatable {
    public var status: Int
    /// As the server spelt it, or empty.
    public var contentType: String = ""
    /// Where a redirection leads.
    public var location: String?
    /// `Retry-After` where it is given in seconds.
    public var retryAfter: Duration?

    public init(status: Int) {
        self.status = status
    }

    /// Takes from a header line what is of interest; the others are passed over.
    mutating func read(line: UnsafeRawBufferPointer) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        guard ["content-type", "location", "retry-after"].contains(name) else { return }
        let value = String(decoding: line[(colon + 1)...], as: UTF8.self).trimmed
        switch name {
        case "content-type": contentType = value
        case "location": location = value
        // The other form, a date, is rare, and the usual back-off serves it.
        default: retryAfter = Int(value).flatMap { $0 >= 0 ? .seconds(min($0, 86_400)) : nil }
        }
    }
}

extension String {
    /// Without the blanks, tabs and line ends around it.
    fileprivate var trimmed: String {
        let isBlank = { (character: UInt8) in character <= 0x20 }
        return String(decoding: utf8.drop(while: isBlank).reversed().drop(while: isBlank).reversed(), as: UTF8.self)
    }
}
