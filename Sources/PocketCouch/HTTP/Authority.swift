/// Who asks, and what they may do: pure decisions, with the answers that CouchDB gives to those who may not [140-148].
struct Authority: Sendable {
    enum Caller: Sendable, Equatable {
        /// Nil where nobody had to say a name.
        case admin(String?)
        case user(String, databases: [String])
        case anonymous

        var name: String? {
            switch self {
            case .admin(let name): name
            case .user(let name, _): name
            case .anonymous: nil
            }
        }

        var isAdmin: Bool {
            if case .admin = self { true } else { false }
        }
    }

    let admin: PocketCouch.Credentials?
    let users: [PocketCouch.User]

    /// - Parameter authorization: the header's value.
    func caller(_ authorization: String?) throws(CouchError) -> Caller {
        guard let admin else { return .admin(nil) }
        guard let authorization else { return .anonymous }
        let words = authorization.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "basic" else { return .anonymous }
        guard let plain = Self.base64(words[1]), let colon = plain.firstIndex(of: ":") else {
            throw .badRequest("Authorization header has invalid base64 value")
        }
        let credentials = PocketCouch.Credentials(
            name: String(plain[..<colon]),
            password: String(plain[plain.index(after: colon)...])
        )
        if credentials == admin { return .admin(admin.name) }
        if let user = users.first(where: { $0.credentials == credentials }) {
            return .user(user.credentials.name, databases: user.databases)
        }
        throw .unauthorized("Name or password is incorrect.")
    }

    static func requireAdmin(_ caller: Caller) throws(CouchError) {
        guard caller.isAdmin else { throw .unauthorized("You are not a server admin.") }
    }

    /// - Parameter security: what `PUT _security` set on this database, if anything.
    static func requireMember(_ caller: Caller, of database: String, security: JSON?) throws(CouchError) {
        switch caller {
        case .admin: return
        case .anonymous:
            if isOpen(security) { return }
            throw .unauthorized("You are not authorized to access this db.")
        case .user(let name, let databases):
            let isMember = security.map { isOpen($0) || names($0).contains(name) } ?? databases.contains(database)
            guard isMember else {
                throw CouchError(status: 403, error: "forbidden", reason: "You are not allowed to access this db.")
            }
        }
    }

    /// A security object that names no member lets everybody in.
    private static func isOpen(_ security: JSON?) -> Bool {
        guard let security else { return false }
        return (security["members"]?["names"]?.elements ?? []).isEmpty
            && (security["members"]?["roles"]?.elements ?? []).isEmpty
    }

    private static func names(_ security: JSON) -> [String] {
        ["members", "admins"].flatMap { security[$0]?["names"]?.elements ?? [] }.compactMap(\.text)
    }

    /// Nil where the text is no base64 of UTF-8.
    static func base64(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 where byte != UInt8(ascii: "=") {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
