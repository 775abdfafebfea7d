/// The url of a server, checked, with its credentials taken out.
///
/// Complaints never show any of it: even without an `@` a part of it may be a password, where a comment cut it.
struct SourceURL: Hashable {
    /// Scheme, host, port and path, without credentials and without a slash at the end.
    var text: String
    var isHTTPS: Bool
    /// Percent-decoded; nil where the url has none.
    var username: String?
    /// Percent-decoded; nil where the url has none.
    var password: Secret?

    private static let example = "write it as in http://127.0.0.1:5984"

    init(parsing text: String) throws(Complaint) {
        let bytes = text.bytes
        guard !bytes.contains(where: { $0.isBlank || $0.isControl }) else {
            throw Complaint("the url has a blank in it", Self.example)
        }
        guard let scheme = Self.scheme(of: text) else {
            throw Complaint("the url begins neither with http:// nor with https://", Self.example)
        }
        isHTTPS = scheme == "https"
        let rest = bytes[(scheme.utf8.count + 3)...]
        let authorityEnd = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let authority = rest[..<authorityEnd]
        let at = authority.lastIndex(of: UInt8(ascii: "@"))
        let hostAndPort = at.map { authority[($0 + 1)...] } ?? authority
        if let at {
            (username, password) = try Self.credentials(authority[..<at])
        }
        let (host, port) = try Self.split(hostAndPort)
        try Self.check(host: host)
        let path = try Self.path(rest[authorityEnd...])
        self.text = "\(scheme)://\(host.text)\(port.map { ":\($0)" } ?? "")\(path)"
    }

    private static func scheme(of text: String) -> String? {
        ["http", "https"].first { text.lowercased().utf8.starts(with: "\($0)://".utf8) }
    }

    private static func credentials(_ userInfo: ArraySlice<UInt8>) throws(Complaint) -> (String?, Secret?) {
        let colon = userInfo.firstIndex(of: UInt8(ascii: ":")) ?? userInfo.endIndex
        let username = try decode(userInfo[..<colon])
        let password = try decode(userInfo[colon...].dropFirst())
        guard !username.utf8.contains(UInt8(ascii: ":")) else {
            throw Complaint("the username in the url has a colon", "choose a user whose name has none: HTTP forbids it")
        }
        return (username.isEmpty ? nil : username, password.isEmpty ? nil : Secret(password))
    }

    private static func decode(_ part: ArraySlice<UInt8>) throws(Complaint) -> String {
        var decoded: [UInt8] = []
        var index = part.startIndex
        while index < part.endIndex {
            guard part[index] == UInt8(ascii: "%") else {
                decoded.append(part[index])
                index += 1
                continue
            }
            guard index + 2 < part.endIndex, let high = part[index + 1].hexValue, let low = part[index + 2].hexValue
            else {
                throw Complaint("the credentials in the url have a bad percent escape", "write a '%' itself as %25")
            }
            decoded.append(high << 4 | low)
            index += 3
        }
        guard let text = String(validating: decoded, as: UTF8.self), !decoded.contains(where: \.isControl) else {
            throw Complaint(
                "the credentials in the url are no text",
                "use percent escapes of UTF-8, without control characters"
            )
        }
        return text
    }

    private static func split(
        _ hostAndPort: ArraySlice<UInt8>
    ) throws(Complaint) -> (host: ArraySlice<UInt8>, port: Int?) {
        let afterBracket = hostAndPort.firstIndex(of: UInt8(ascii: "]")) ?? hostAndPort.startIndex
        guard let colon = hostAndPort[afterBracket...].firstIndex(of: UInt8(ascii: ":")) else {
            return (hostAndPort, nil)
        }
        let digits = hostAndPort[(colon + 1)...]
        guard !digits.isEmpty, digits.count <= 5, digits.allSatisfy(\.isDigit), let port = Int(digits.text),
            (1...65535).contains(port)
        else {
            throw Complaint(
                "the url has a bad port",
                "choose 1 to 65535; a '/', '?', '#' or ':' in a password is written %2F, %3F, %23 or %3A"
            )
        }
        return (hostAndPort[..<colon], port)
    }

    private static func check(host: ArraySlice<UInt8>) throws(Complaint) {
        guard let first = host.first else {
            throw Complaint("the url has no host", example)
        }
        if first == UInt8(ascii: "[") {
            guard host.last == UInt8(ascii: "]"), isIPv6(host.dropFirst().dropLast()) else {
                throw Complaint("the url has a bad IPv6 address", "write it as in http://[::1]:5984")
            }
        } else {
            guard host.allSatisfy({ $0.isLetter || $0.isDigit || "-._~".utf8.contains($0) }) else {
                throw Complaint(
                    "the url has a character in its host that no host has",
                    "use letters, digits, '-' and '.', and for other letters the xn-- form of the name"
                )
            }
        }
    }

    /// Whether `text` is an IPv6 address, perhaps with a zone as in `fe80::1%25eth0`.
    private static func isIPv6(_ text: ArraySlice<UInt8>) -> Bool {
        let percent = text.firstIndex(of: UInt8(ascii: "%")) ?? text.endIndex
        var zone = text[percent...].dropFirst()
        if zone.starts(with: "25".utf8) { zone = zone.dropFirst(2) }
        guard percent == text.endIndex || !zone.isEmpty,
            zone.allSatisfy({ $0.isLetter || $0.isDigit || "-._~".utf8.contains($0) })
        else { return false }
        return IPv6Text.isAddress(text[..<percent])
    }

    private static func path(_ path: ArraySlice<UInt8>) throws(Complaint) -> String {
        if let delimiter = path.first(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) {
            let name = delimiter == UInt8(ascii: "?") ? "query" : "fragment"
            throw Complaint("the url has a \(name)", "end it with the host, the port or the path of the server")
        }
        var index = path.startIndex
        while index < path.endIndex {
            let byte = path[index]
            let isEscape =
                byte == UInt8(ascii: "%") && index + 2 < path.endIndex && path[index + 1].hexValue != nil
                && path[index + 2].hexValue != nil
            guard isEscape || byte.isLetter || byte.isDigit || "/-._~!$&'()*+,;=:@".utf8.contains(byte) else {
                throw Complaint("the url has a character in its path that must be escaped", "write it as %XX")
            }
            index += 1
        }
        let end = path.lastIndex { $0 != UInt8(ascii: "/") }
        return end.map { path[...$0].text } ?? ""
    }
}

/// IPv6 addresses in text, as RFC 4291 section 2.2 has them.
private enum IPv6Text {
    static func isAddress(_ text: ArraySlice<UInt8>) -> Bool {
        var text = text
        var room = 8
        if text.contains(UInt8(ascii: ".")) {
            guard let colon = text.lastIndex(of: UInt8(ascii: ":")), isIPv4(text[(colon + 1)...]) else { return false }
            // The last two groups are an IPv4 address; a `::` before it keeps its second colon.
            room = 6
            let isCompressed = text[..<colon].last == UInt8(ascii: ":")
            text = isCompressed ? text[...colon] : text[..<colon]
        }
        guard let gap = gap(in: text) else {
            return groups(text) == room
        }
        let before = text[..<gap]
        let after = text[(gap + 2)...]
        guard self.gap(in: after) == nil else { return false }
        guard let left = before.isEmpty ? 0 : groups(before), let right = after.isEmpty ? 0 : groups(after) else {
            return false
        }
        return left + right < room
    }

    private static func gap(in text: ArraySlice<UInt8>) -> Int? {
        text.indices.dropLast().first { text[$0] == UInt8(ascii: ":") && text[$0 + 1] == UInt8(ascii: ":") }
    }

    /// How many groups of one to four hex digits there are; nil if anything else is there.
    private static func groups(_ text: ArraySlice<UInt8>) -> Int? {
        let groups = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        return groups.allSatisfy { (1...4).contains($0.count) && $0.allSatisfy { $0.hexValue != nil } }
            ? groups.count : nil
    }

    private static func isIPv4(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy {
                (1...3).contains($0.count) && $0.allSatisfy(\.isDigit) && (Int($0.text) ?? 256) < 256
            }
    }
}
