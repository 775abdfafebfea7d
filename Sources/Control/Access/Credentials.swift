/// What an `Authorization` header presents as the token.
enum Credentials {
    /// `Bearer TOKEN` (RFC 6750), or `Basic` (RFC 7617) with the token as the password, so that `curl -u :TOKEN` works.
    /// `nil` where the header is neither.
    static func token(_ header: String) -> [UInt8]? {
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { return nil }
        let value = words[1].utf8.drop { $0 == UInt8(ascii: " ") }
        switch words[0].lowercased() {
        case "bearer": return Array(value)
        case "basic":
            guard let plain = base64(value), let colon = plain.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            return Array(plain[(colon + 1)...])
        default: return nil
        }
    }

    /// `nil` where the text is no base64. Padding may be missing.
    static func base64(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var isOver = false
        for byte in text {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="):
                isOver = true
                continue
            default: return nil
            }
            guard !isOver else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
