/// One life of a database, as its seqs tell it: `"N-opaque"`, where the opaque part carries the life and a check of N.
/// So a seq of another database, or of an earlier life, is well-formed and recognised, and a cut or invented one is
/// malformed [042, 172-176].
struct Instance: Sendable, Equatable {
    /// What `since` asks for.
    enum Position: Equatable {
        case now
        case after(Int)
        /// A seq that some other instance gave: the feed replays from the start.
        case elsewhere
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let prefix = "g1AAAA"
    private static let lifeLength = 108
    private static let checkLength = 11

    private let life: String

    init(seed: UInt64 = .random(in: .min ... .max)) {
        var text: [UInt8] = []
        var state = seed
        for _ in 0..<Self.lifeLength {
            state &+= 0x9e37_79b9_7f4a_7c15
            text.append(Self.alphabet[Int(mixed(state) >> 58)])
        }
        life = String(decoding: text, as: UTF8.self)
    }

    /// The seq as CouchDB 2 and 3 write it, without the quotes.
    func seq(_ number: Int) -> String {
        "\(number)-\(Self.prefix)\(life)\(Self.check(life, number))"
    }

    /// Nil where the text is malformed. JSON quotes around a seq are accepted [042_10].
    func position(_ since: String) -> Position? {
        if since == "now" { return .now }
        if since == "0" { return .after(0) }
        var text = Substring(since)
        if text.utf8.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
        guard let dash = text.firstIndex(of: "-"), let number = Int(text[..<dash]), number >= 0 else { return nil }
        let opaque = text[text.index(after: dash)...]
        guard opaque.utf8.count == Self.prefix.utf8.count + Self.lifeLength + Self.checkLength,
            opaque.hasPrefix(Self.prefix)
        else { return nil }
        let life = opaque.dropFirst(Self.prefix.count).dropLast(Self.checkLength)
        guard opaque.hasSuffix(Self.check(life, number)) else { return nil }
        return life == self.life ? .after(number) : .elsewhere
    }

    private static func check(_ life: some StringProtocol, _ number: Int) -> String {
        var hash = fnv1a(life.utf8, basis: mixed(UInt64(number)))
        var text: [UInt8] = []
        for _ in 0..<checkLength {
            text.append(alphabet[Int(hash & 63)])
            hash >>= 6
        }
        return String(decoding: text, as: UTF8.self)
    }
}
