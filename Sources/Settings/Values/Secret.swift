/// A string that must never be shown: every description of it is `***`.
public struct Secret: Sendable, Hashable {
    /// The secret itself, for whoever must send it.
    public let reveal: String

    /// Hides `text`.
    public init(_ text: String) {
        reveal = text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `***`.
    public var description: String { "***" }
    /// `***`.
    public var debugDescription: String { "***" }
    /// Empty, so that `dump` shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// `text` with what stands before the `@` of each url masked.
func maskingCredentials(_ text: String) -> String {
    let bytes = text.bytes
    var result: [UInt8] = []
    var rest = bytes[...]
    while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
        let head = rest[...colon]
        rest = rest[(colon + 1)...]
        result += head
        // As JSON may have it, too.
        guard let slashes = ["//", #"\/\/"#].first(where: { rest.starts(with: $0.utf8) }) else { continue }
        result += slashes.utf8
        rest = rest.dropFirst(slashes.utf8.count)
        // A password may hold an unescaped slash, a quote, a bar: mask up to the last `@` before a blank, rather too much
        // than too little.
        let end = rest.firstIndex(where: \.isBlank) ?? rest.endIndex
        if let at = rest[..<end].lastIndex(of: UInt8(ascii: "@")) {
            result += "***".utf8
            rest = rest[at...]
        }
    }
    result += rest
    return String(decoding: result, as: UTF8.self)
}
