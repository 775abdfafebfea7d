/// Which keys of a configuration hold secrets, Herald's own and those of the CouchDB whose file this may be.
///
/// The names of files that hold secrets are none: `password_file` and `token_file` stay visible.
enum SecretNames {
    /// How the names of keys end that hold secrets; `client_secret` ends so, and `secret` itself.
    private static let endings = ["password", "passwd", "passphrase", "secret", "_token", "api_key", "apikey"]

    /// Whether the value of `key` in `section` is a secret as a whole.
    static func isSecret(_ section: String, _ key: String) -> Bool {
        switch section {
        case "source" where key == "username": return true
        // Names and password hashes of server admins.
        case "admins": return true
        // CouchDB 3 has shared secrets beside public keys here.
        case "jwt_keys" where key.utf8.starts(with: "hmac:".utf8): return true
        default: break
        }
        let name = key.lowercased().bytes.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
        return name == Array("token".utf8) || endings.contains { name.suffix($0.utf8.count) == Array($0.utf8)[...] }
    }

    /// Whether the variable `name` sounds like a secret. What a process is given beside its configuration is often one,
    /// so that more names are taken for secrets than among keys.
    static func soundsSecret(variable name: String) -> Bool {
        let name = name.lowercased()
        return ["pass", "secret", "token", "key", "auth", "cred", "pwd"].contains { name.contains($0) }
    }
}
