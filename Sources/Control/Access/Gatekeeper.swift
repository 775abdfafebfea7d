/// Who may ask for what: promise 11 of the design, *reaching the port is not being allowed*.
///
/// Over the control socket, which only its owner can open, everything. Over TCP: no request that a foreign page made a
/// browser send, which its `Origin` or its `Host` gives away (a name that an attacker has pointed at this machine);
/// whatever acts needs the token; and on any other address than loopback so does looking.
struct Gatekeeper: Sendable {
    /// By which way a request came.
    enum Listener: Sendable, Equatable {
        case socket
        /// - Parameters:
        ///   - host: the host that `listen` names.
        ///   - reach: who reaches the address that is bound.
        case tcp(host: String, reach: Reach)
    }

    /// Who reaches a listener.
    enum Reach: Sendable, Equatable {
        /// Bound to a loopback address: programs of this machine, browsers among them.
        case loopback
        /// Bound to one address of the machine.
        case network
        /// Bound to all addresses of the machine, whatever their names are.
        case everywhere
    }

    /// What a decision needs of a request.
    struct Request: Sendable {
        var method: String
        /// Without its query, still percent-encoded.
        var path: String
        /// The value of each `Host` header.
        var hosts: [String]
        /// The value of each `Origin` header.
        var origins: [String] = []
        /// The value of each `Authorization` header.
        var authorizations: [String] = []
    }

    enum Verdict: Sendable, Equatable {
        case allowed
        /// - Parameters:
        ///   - status: 400, 401 or 403.
        ///   - reason: what is wrong and what to do, in words.
        case refused(status: Int, reason: String)
    }

    let listener: Listener

    /// Decides. `isToken` tells whether what was presented is the token; it is asked once at most.
    func judge<Failure: Error>(
        _ request: Request,
        isToken: ([UInt8]) throws(Failure) -> Bool
    ) throws(Failure) -> Verdict {
        guard case .tcp(let host, let reach) = listener else { return .allowed }
        guard request.hosts.count == 1, let authority = Authority(request.hosts[0]) else {
            return .refused(status: 400, reason: "The request needs one Host header: a host, perhaps a port.")
        }
        // On all addresses any name may be the machine's own. There every request needs the token, which no page has.
        guard reach == .everywhere || Self.isOwn(authority.host, host) else {
            return .refused(status: 403, reason: "The Host header names a host that is not this one; see 'listen'.")
        }
        // A page that Herald itself serves is at home; one from elsewhere names where it is from, or `null`.
        let own = "http://\(request.hosts[0].lowercased())"
        guard request.origins.allSatisfy({ $0.lowercased() == own }) else {
            return .refused(status: 403, reason: "The Origin header names another site than this one.")
        }
        if reach == .loopback, Self.isFree(request) { return .allowed }
        guard request.authorizations.count == 1, let presented = Credentials.token(request.authorizations[0]) else {
            return .refused(status: 401, reason: "This needs the token: 'Authorization: Bearer TOKEN'.")
        }
        guard try isToken(presented) else {
            return .refused(status: 401, reason: "This is not the token.")
        }
        return .allowed
    }

    /// Whether the request only looks, and at nothing that is to be hidden from users of this machine.
    private static func isFree(_ request: Request) -> Bool {
        ["GET", "HEAD"].contains(request.method) && ["/_up", "/_status", "/_metrics"].contains(request.path)
    }

    /// Whether the name is this machine's in its own eyes. Whatever its port is: a tunnel has another one.
    private static func isOwn(_ name: String, _ host: String) -> Bool {
        ["localhost", "127.0.0.1", "::1", host.lowercased()].contains(name)
    }
}

extension Gatekeeper.Reach {
    /// Who reaches a listener that is bound to this IP address, as the system writes it. What cannot be told is taken for
    /// the network.
    init(address: String?) {
        switch address {
        case "0.0.0.0", "::": self = .everywhere
        case "::1": self = .loopback
        case let address? where address.utf8.starts(with: "127.".utf8): self = .loopback
        default: self = .network
        }
    }
}
