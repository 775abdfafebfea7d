/// As much of a JSON value as requests are made of.
enum JSONValue: Equatable {
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
    /// A number, a truth value, or null.
    case other

    var string: String? { if case .string(let text) = self { text } else { nil } }
}

/// A line of JSON, read and as it was written.
struct JSONText {
    let value: JSONValue
    private let bytes: [UInt8]
    private let elements: [Range<Int>]

    /// `nil` where it is no JSON.
    init?(_ bytes: [UInt8]) {
        var reader = JSONReader(bytes)
        guard let value = try? reader.read() else { return nil }
        self.value = value
        self.bytes = bytes
        elements = reader.elements
    }

    /// The element at `index` of the array that this is, as it was written.
    func elementText(_ index: Int) -> String {
        String(decoding: bytes[elements[index]], as: UTF8.self)
    }

    /// A string as JSON: what must be escaped is, and nothing else.
    static func quoted(_ text: String) -> [UInt8] {
        var json = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
            case 0x08: json += Array(#"\b"#.utf8)
            case 0x09: json += Array(#"\t"#.utf8)
            case 0x0A: json += Array(#"\n"#.utf8)
            case 0x0C: json += Array(#"\f"#.utf8)
            case 0x0D: json += Array(#"\r"#.utf8)
            case ..<0x20: json += Array((byte < 0x10 ? #"\u000"# : #"\u00"#).utf8) + Array(String(byte, radix: 16).utf8)
            default: json.append(byte)
            }
        }
        return json + [UInt8(ascii: "\"")]
    }
}
