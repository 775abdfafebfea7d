import Glibc

/// An address of this machine to listen on: a port of one of its addresses, or of all.
public struct ListenAddress: Sendable, Hashable {
    /// An IPv4 or IPv6 address in its shortest form and without brackets, or `localhost`. `0.0.0.0` and `::` stand for all
    /// addresses of their kind.
    public let host: String
    /// 1 to 65535; 0 for any that is free.
    public let port: Int

    /// Where Herald listens if nothing is said.
    public static let standard = ListenAddress(host: "127.0.0.1", port: 5986)

    private static let example =
        "write it as in 127.0.0.1:5986, [::1]:5986 or *:5986; nothing behind '=' switches it off"

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init(parsing text: String) throws(Complaint) {
        let bytes = text.bytes[...]
        let bracket = bytes.first == UInt8(ascii: "[") ? bytes.firstIndex(of: UInt8(ascii: "]")) : nil
        let afterHost = bytes[(bracket ?? bytes.startIndex)...]
        guard let colon = afterHost.lastIndex(of: UInt8(ascii: ":")) else {
            throw Complaint("\(quoted(text)) has no port", Self.example)
        }
        let host = bytes[..<colon]
        let digits = bytes[(colon + 1)...]
        if bracket == nil, host.contains(UInt8(ascii: ":")) {
            throw Complaint("\(quoted(text)) has an IPv6 address without brackets", "write it as in [::1]:5986")
        }
        guard !digits.isEmpty, digits.count <= 5, digits.allSatisfy(\.isDigit), let port = Int(digits.text),
            port <= 65535
        else {
            throw Complaint("\(quoted(digits.text)) is no port", "choose 1 to 65535, or 0 for any that is free")
        }
        self.init(host: try Self.host(host, isInBrackets: bracket != nil), port: port)
    }

    private static func host(_ host: ArraySlice<UInt8>, isInBrackets: Bool) throws(Complaint) -> String {
        if isInBrackets, host.last == UInt8(ascii: "]") {
            if let address = ipv6(host.dropFirst().dropLast().text) { return text(of: address) }
        } else if host.text == "*" {
            return "0.0.0.0"
        } else if host.text.lowercased() == "localhost" {
            return "localhost"
        } else if ipv4(host.text) != nil {
            return host.text
        }
        throw Complaint("\(quoted(host.text)) is neither an IP address nor localhost nor '*'", example)
    }

    /// Whether only programs of this machine can reach it.
    public var isLoopback: Bool {
        if host == "localhost" { return true }
        if let bytes = Self.ipv4(host) { return bytes.first == 127 }
        guard let bytes = Self.ipv6(host) else { return false }
        // ::ffff:127.0.0.1 is what IPv6 calls 127.0.0.1: RFC 4291 section 2.5.5.2.
        let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 127]
        return bytes == [UInt8](repeating: 0, count: 15) + [1] || bytes.starts(with: mapped)
    }

    private static func ipv4(_ text: String) -> [UInt8]? {
        var address = in_addr()
        guard inet_pton(AF_INET, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: address) { Array($0) }
    }

    private static func ipv6(_ text: String) -> [UInt8]? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return withUnsafeBytes(of: address) { Array($0) }
    }

    private static func text(of ipv6: [UInt8]) -> String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(AF_INET6, ipv6, &buffer, socklen_t(buffer.count))
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension ListenAddress: CustomStringConvertible {
    /// `host:port`, an IPv6 address in brackets.
    public var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
