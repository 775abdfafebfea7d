import Curl

/// What a server's answer to a question comes to.
enum Answer<Value> {
    case ok(Value)
    /// 404 with CouchDB's own `not_found`: a proxy's 404 is ``unavailable(why:retryAfter:)``.
    case missing
    /// 401 or 403: asking again soon would not help.
    case refused(Refusal)
    /// The server does not know this kind of question.
    case unsupported(why: String)
    /// No answer, or one that a server gives when it is not well.
    case unavailable(why: String, retryAfter: Duration?)
}

struct Refusal: Equatable {
    var status: Int
    var why: String

    /// What a person can do about it.
    var hint: String {
        status == 401
            ? "look at username and password, or the token, in [source]"
            : "give this user access, or leave out what it may not read with databases = !name in [source]"
    }
}

extension Answer where Value == [UInt8] {
    /// Judges by the status; the body of a 200 is yet to be read.
    init(_ result: Result<Response, TransferFailure>) {
        switch result {
        case .failure(let failure) where failure.kind == .noCredentials:
            self = .refused(Refusal(status: 401, why: failure.message))
        case .failure(let failure): self = .unavailable(why: failure.messageWithHint, retryAfter: nil)
        case .success(let response):
            let error = CouchError(json: response.body)
            let said = error.map { "\(response.head.status) \($0.reason)" } ?? "\(response.head.status)"
            switch response.head.status {
            case 200, 201, 202: self = .ok(response.body)
            case 401, 403: self = .refused(Refusal(status: response.head.status, why: said))
            case 404 where error?.error == "not_found": self = .missing
            case 400 where error != nil, 405 where error != nil, 501: self = .unsupported(why: said)
            case 300..<400:
                let target = response.head.location.map { " to \($0)" } ?? ""
                self = .unavailable(
                    why: "it answers \(said) and redirects\(target); name the right url in [source]",
                    retryAfter: nil
                )
            default:
                self = .unavailable(
                    why: error == nil ? "it answers \(said) without CouchDB's JSON; is a proxy in between?" : said,
                    retryAfter: response.head.retryAfter
                )
            }
        }
    }
}

extension Answer {
    /// The same answer with its value read by `read`; one that cannot be read counts as none.
    func map<Other>(_ read: (Value) -> Other?) -> Answer<Other> {
        switch self {
        case .ok(let value):
            read(value).map { .ok($0) }
                ?? .unavailable(
                    why: "it answers something else than a CouchDB would; is a proxy in between?",
                    retryAfter: nil
                )
        case .missing: .missing
        case .refused(let refusal): .refused(refusal)
        case .unsupported(let why): .unsupported(why: why)
        case .unavailable(let why, let retryAfter): .unavailable(why: why, retryAfter: retryAfter)
        }
    }
}

extension TransferFailure {
    /// What happened, and what a person can do about it where that is known.
    fileprivate var messageWithHint: String {
        switch kind {
        case .unknownHost: "\(message); is the host of url in [source] right?"
        case .refused: "\(message); is it running, and is url in [source] right?"
        case .untrusted: "\(message); name the certificates to trust with ca_file in [source]"
        case .timedOut, .cut, .abandoned, .noCredentials, .other: message
        }
    }
}

/// `{"error":...,"reason":...}`, as CouchDB tells what is wrong.
struct CouchError: Equatable {
    var error: String
    var reason: String

    init?(json: [UInt8]) {
        var error: String?
        var reason: String?
        let isObject = json.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            return scanner.members { scanner, name in
                if name.equals("error") {
                    error = scanner.optionalText()
                } else if name.equals("reason") {
                    reason = scanner.optionalText()
                } else {
                    return scanner.value() != nil
                }
                return true
            }
        }
        guard isObject, let error else { return nil }
        self.error = error
        self.reason = reason ?? error
    }
}
