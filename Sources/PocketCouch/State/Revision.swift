/// A revision: `N-digest`. Digests are opaque: those that replication brings may be any text [085].
struct Revision: Sendable, Hashable, CustomStringConvertible {
    var generation: Int
    var digest: String

    init(generation: Int, digest: String) {
        self.generation = generation
        self.digest = digest
    }

    /// Nil where the text is no revision.
    init?(_ text: some StringProtocol) {
        guard let dash = text.firstIndex(of: "-"), let generation = Int(text[..<dash]), generation >= 0,
            generation < 1 << 40
        else { return nil }
        let digest = text[text.index(after: dash)...]
        guard !digest.isEmpty else { return nil }
        self.init(generation: generation, digest: String(digest))
    }

    /// The revision that an edit makes: the same edit on the same parent makes the same revision, on every server.
    init(after parent: Revision?, deleted: Bool, body: [UInt8]) {
        var input: [UInt8] = Array((parent?.description ?? "").utf8)
        input.append(deleted ? 1 : 0)
        input.append(contentsOf: body)
        generation = (parent?.generation ?? 0) + 1
        digest =
            hexadecimal(fnv1a(input, basis: 0xcbf2_9ce4_8422_2325))
            + hexadecimal(fnv1a(input, basis: 0x6c62_272e_07bb_0142))
    }

    var description: String { "\(generation)-\(digest)" }

    /// CouchDB's order among the leaves of a document that are equally alive: the higher one wins.
    static func loses(_ left: Revision, to right: Revision) -> Bool {
        if left.generation != right.generation { return left.generation < right.generation }
        return left.digest.utf8.lexicographicallyPrecedes(right.digest.utf8)
    }
}

/// FNV-1a, 64 bits, with an avalanche at the end so that short inputs fill all digits.
func fnv1a(_ bytes: some Sequence<UInt8>, basis: UInt64) -> UInt64 {
    var hash = basis
    for byte in bytes {
        hash ^= UInt64(byte)
        hash = hash &* 0x0000_0100_0000_01b3
    }
    return mixed(hash)
}

/// The finaliser of SplitMix64.
func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
}

/// Sixteen digits.
func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}

/// 32 random hexadecimal digits, like CouchDB's `random` UUIDs.
func randomUUID() -> String {
    hexadecimal(.random(in: .min ... .max)) + hexadecimal(.random(in: .min ... .max))
}
