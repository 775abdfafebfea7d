import Testing

@testable import Control

@Suite("Who may ask for what")
struct GatekeeperTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var listener: Gatekeeper.Listener
        var method = "GET"
        var path = "/_status"
        var hosts = ["127.0.0.1:5986"]
        var origins: [String] = []
        var authorizations: [String] = []
        /// 200 for allowed.
        var status: Int

        var testDescription: String {
            "\(method) \(path) \(hosts) \(origins) \(authorizations) by \(listener): \(status)"
        }
    }

    static let loopback = Gatekeeper.Listener.tcp(host: "127.0.0.1", reach: .loopback)
    static let network = Gatekeeper.Listener.tcp(host: "herald.example", reach: .network)
    static let everywhere = Gatekeeper.Listener.tcp(host: "0.0.0.0", reach: .everywhere)
    static let right = ["Bearer right"]
    static let wrong = ["Bearer wrong"]

    static let cases: [Case] =
        [
            // The socket is its owner's: everything.
            Case(listener: .socket, hosts: [], status: 200),
            Case(listener: .socket, method: "POST", path: "/_reload", hosts: ["evil"], origins: ["null"], status: 200),
            // On loopback looking is free.
            Case(listener: loopback, path: "/_up", status: 200),
            Case(listener: loopback, path: "/_metrics", status: 200),
            Case(listener: loopback, method: "HEAD", status: 200),
            Case(listener: loopback, authorizations: wrong, status: 200),
            // All else needs the token, what there is not too.
            Case(listener: loopback, method: "POST", status: 401),
            Case(listener: loopback, method: "OPTIONS", status: 401),
            Case(listener: loopback, path: "/", status: 401),
            Case(listener: loopback, path: "/_status/", status: 401),
            Case(listener: loopback, path: "/%5fstatus", status: 401),
            Case(listener: loopback, method: "POST", path: "/_reload", status: 401),
            Case(listener: loopback, method: "POST", path: "/_reload", authorizations: wrong, status: 401),
            Case(listener: loopback, method: "POST", path: "/_reload", authorizations: right, status: 200),
            Case(listener: loopback, method: "POST", path: "/_reload", authorizations: right + wrong, status: 401),
            Case(listener: loopback, method: "POST", path: "/_reload", authorizations: ["right"], status: 401),
            // Hosts.
            Case(listener: loopback, hosts: [], status: 400),
            Case(listener: loopback, hosts: ["localhost", "localhost"], status: 400),
            Case(listener: loopback, hosts: ["local host"], status: 400),
            Case(listener: loopback, hosts: ["localhost:x"], status: 400),
            Case(listener: loopback, hosts: ["LocalHost"], status: 200),
            Case(listener: loopback, hosts: ["[::1]:5986"], status: 200),
            Case(listener: loopback, hosts: ["127.0.0.1"], status: 200),
            Case(listener: loopback, hosts: ["evil.example:5986"], status: 403),
            Case(listener: loopback, hosts: ["127.0.0.1.evil.example"], status: 403),
            Case(listener: loopback, hosts: ["localhost."], status: 403),
            Case(listener: loopback, hosts: ["evil.example"], authorizations: right, status: 403),
            // Origins.
            Case(listener: loopback, origins: ["null"], status: 403),
            Case(listener: loopback, origins: ["http://evil.example"], status: 403),
            Case(listener: loopback, origins: ["http://127.0.0.1:5984"], status: 403),
            Case(listener: loopback, origins: ["https://127.0.0.1:5986"], status: 403),
            Case(listener: loopback, origins: [""], status: 403),
            Case(listener: loopback, origins: ["http://127.0.0.1:5986"], status: 200),
            Case(listener: loopback, origins: ["http://127.0.0.1:5986", "null"], status: 403),
            Case(
                listener: loopback,
                method: "POST",
                path: "/_reload",
                origins: ["null"],
                authorizations: right,
                status: 403
            ),
            // On an address of the network looking needs the token too.
            Case(listener: network, status: 401),
            Case(listener: network, authorizations: right, status: 200),
            Case(listener: network, hosts: ["HERALD.example:5986"], authorizations: right, status: 200),
            Case(listener: network, hosts: ["other.example"], authorizations: right, status: 403),
            // On all addresses any name is fine, with the token.
            Case(listener: everywhere, hosts: ["other.example"], authorizations: right, status: 200),
            Case(listener: everywhere, hosts: ["other.example"], status: 401),
            Case(listener: everywhere, status: 401),
            Case(listener: everywhere, origins: ["null"], authorizations: right, status: 403),
        ]

    @Test("Each request is let in or refused as promised", arguments: cases)
    func verdict(_ given: Case) {
        let verdict = Gatekeeper(listener: given.listener).judge(
            .init(
                method: given.method,
                path: given.path,
                hosts: given.hosts,
                origins: given.origins,
                authorizations: given.authorizations
            )
        ) { $0 == Array("right".utf8) }
        switch verdict {
        case .allowed: #expect(given.status == 200)
        case .refused(let status, let reason):
            #expect(given.status == status)
            #expect(!reason.isEmpty)
        }
    }

    @Test(
        "Whoever reaches an address is told from the address",
        arguments: [
            ("127.0.0.1", Gatekeeper.Reach.loopback), ("127.9.9.9", .loopback), ("::1", .loopback),
            ("0.0.0.0", .everywhere), ("::", .everywhere), ("192.168.1.2", .network), ("::ffff:127.0.0.1", .network),
            (nil, .network),
        ] as [(String?, Gatekeeper.Reach)]
    )
    func reach(address: String?, reach: Gatekeeper.Reach) {
        #expect(Gatekeeper.Reach(address: address) == reach)
    }

    @Test(
        "A token is presented as Bearer, or as the password of Basic",
        arguments: [
            ("Bearer abc", "abc"), ("bearer  abc", "abc"), ("Basic OmFiYw==", "abc"), ("basic dTphOmM=", "a:c"),
            ("Basic OmFiYw", "abc"), ("Basic YWJj", nil), ("Basic %%%", nil), ("Basic Om=Fi", nil), ("abc", nil),
            ("Digest abc", nil), ("", nil),
        ] as [(String, String?)]
    )
    func credentials(header: String, token: String?) {
        #expect(Credentials.token(header) == token.map { Array($0.utf8) })
    }

    @Test("Only the whole token is the token")
    func comparison() throws {
        let token = try #require(Token(Array("abc\n".utf8)))
        for (presented, isRight) in [("abc", true), ("", false), ("ab", false), ("abcabc", false), ("abd", false)] {
            #expect(token.matches(Array(presented.utf8)) == isRight)
        }
        #expect(Token(Array(" \r\n".utf8)) == nil)
        #expect(Token(Array("a b".utf8)) == nil)
        #expect("\(token)" == "(token)")
    }
}
