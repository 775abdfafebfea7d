/// A position in a database's feed: opaque, only ever sent back.
///
/// Holds the JSON text in which the server gave it: a string (CouchDB 2 and
/// later, Cloudant), an integer (CouchDB 1.x, PouchDB Server) or an array
/// (BigCouch).
public struct Seq: Sendable, Hashable, CustomStringConvertible {
    public private(set) var text: [UInt8]

    public init(json text: some Sequence<UInt8>) {
        self.text = Array(text)
    }

    /// Before the first row, with every server.
    public static let zero = Seq(json: "0".utf8)

    /// Takes another text into the memory that it has.
    mutating func replace(with text: UnsafeRawBufferPointer) {
        self.text.removeAll(keepingCapacity: true)
        self.text.append(contentsOf: text)
    }

    /// The value, where it is a JSON integer. Only then may two be compared, and
    /// only to see whether a database was created anew (`COUCHDB.md`, "Servers
    /// differ").
    public var integer: UInt64? {
        UInt64(String(decoding: text, as: UTF8.self))
    }

    /// What stands behind `since=`, percent-encoded: a string without its quotes,
    /// as every client sends it, anything else as its JSON.
    public var query: String {
        text.withUnsafeBytes { bytes in
            guard bytes.first == UInt8(ascii: "\""), bytes.count >= 2 else { return PercentEncoding.encode(bytes) }
            return PercentEncoding.encode(
                JSONText.unescaped(UnsafeRawBufferPointer(rebasing: bytes[1..<(bytes.count - 1)]))
            )
        }
    }

    public var description: String { String(decoding: text, as: UTF8.self) }
}

/// Percent-encoding of one component of a URL.
enum PercentEncoding {
    /// All but the unreserved characters is encoded: an unescaped `+` is a space to a CouchDB, a `/` ends the name.
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }
}
