import Testing

@testable import Control

@Suite("Addresses and paths")
struct AddressTests {
    @Test(
        "An address to listen at is host:port, IPv6 in brackets",
        arguments: [
            ("127.0.0.1:5986", "127.0.0.1", 5986), ("[::1]:0", "::1", 0),
            ("Name.example:65535", "name.example", 65_535),
        ]
    )
    func address(text: String, host: String, port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.description == text.lowercased())
    }

    @Test(
        "Anything else is none",
        arguments: ["", "5986", ":5986", "h", "h:", "h:65536", "h:-1", "h:+1", "::1:5986", "[::1]", "[x]:1", "a b:1"]
    )
    func noAddress(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test("A path leads to what it names, and its name is decoded")
    func routes() {
        #expect(Route.find("/_up") == .route(.up))
        #expect(Route.find("/_start/a%20b%2Fc+") == .route(.act(.start, ChildName(name: "a b/c+"))))
        #expect(Route.find("/_stop/daemon%3Ax") == .route(.act(.stop, ChildName(kind: .daemon, name: "x"))))
        #expect(Route.find("/_restart/%ff") == .malformed)
        #expect(Route.find("/_restart/%4") == .malformed)
        for path in ["", "/", "/_up/", "/_start", "/_start/", "/_start/a/b", "//_up", "/_kill/a", "/start/a", "*"] {
            #expect(Route.find(path) == .nothing)
        }
    }
}
