import CCurl

/// How a conversation ended.
public enum TransferEnd: Sendable, Equatable {
    /// The whole answer came, with the end that HTTP prescribes.
    case complete
    case failed(TransferFailure)
}

/// Why a conversation ended before its end.
public struct TransferFailure: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The name of the host is not known.
        case unknownHost
        /// Nobody listens there, or nobody can be reached.
        case refused
        /// Connecting or the whole conversation took too long.
        case timedOut
        /// TLS could not be agreed on, or the certificate is not trusted.
        case untrusted
        /// The connection ended, or its bytes stopped being HTTP, in mid-answer.
        case cut
        /// The receiver did not want the rest.
        case abandoned
        /// There are no credentials to send, so it was not begun.
        case noCredentials
        /// What libcurl said of anything else.
        case other
    }

    public var kind: Kind
    /// In libcurl's words.
    public var message: String

    public var description: String { message }

    public init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    init(code: CURLcode, message: String) {
        let kind: Kind =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unknownHost
            case CURLE_COULDNT_CONNECT: .refused
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM:
                .untrusted
            case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_WEIRD_SERVER_REPLY:
                .cut
            case CURLE_WRITE_ERROR: .abandoned
            default: .other
            }
        self.kind = kind
        // libcurl's own words for a refused connection hold the milliseconds that it took, different each time.
        self.message =
            kind == .refused
            ? "nobody answers there (connection refused or unreachable)"
            : message.isEmpty ? String(cString: curl_easy_strerror(code)) : message
    }
}
