/// Where the control interface listens for TCP connections: `[herald] listen`.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// An address, IPv6 without brackets, or a name that is resolved when it is bound.
    public var host: String
    /// 0 for any that is free.
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, an IPv6 address in brackets. `nil` where the text is none.
    public init?(_ text: String) {
        guard let authority = Authority(text), let port = authority.port else { return nil }
        self.init(host: authority.host, port: port)
    }

    /// `host:port`, an IPv6 address in brackets.
    public var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// `http://host:port`
    public var url: String { "http://\(self)" }
}

/// `host[:port]`, as the `Host` header of a request names it.
struct Authority: Equatable {
    /// In lower case, an IPv6 address without brackets.
    var host: String
    var port: Int?

    init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        let rest: ArraySlice<UInt8>
        let name: ArraySlice<UInt8>
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            name = bytes[1..<end]
            rest = bytes[(end + 1)...]
            guard name.contains(UInt8(ascii: ":")), name.allSatisfy(Self.isPartOfIPv6) else { return nil }
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            name = bytes[..<end]
            rest = bytes[end...]
            guard !name.isEmpty, name.allSatisfy(Self.isPartOfName) else { return nil }
        }
        host = String(decoding: name, as: UTF8.self).lowercased()
        guard !rest.isEmpty else { return }
        let digits = rest.dropFirst()
        guard rest.first == UInt8(ascii: ":"), 1...5 ~= digits.count,
            digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let port = UInt16(String(decoding: digits, as: UTF8.self))
        else { return nil }
        self.port = Int(port)
    }

    private static func isPartOfIPv6(_ byte: UInt8) -> Bool {
        isPartOfName(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
    }

    private static func isPartOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}
