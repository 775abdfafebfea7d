import FoundationEssentials

/// As much of a JSON value as requests are made of.
enum JSONValue: Equatable {
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
    /// A number, a truth value, or null.
    case other

    var string: String? { if case .string(let text) = self { text } else { nil } }
}

extension JSONValue: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let items = try? container.decode([JSONValue].self) {
            self = .array(items)
        } else if let members = try? container.decode([String: JSONValue].self) {
            self = .object(members)
        } else {
            self = .other
        }
    }
}

/// A line of JSON, read and as it was written.
struct JSONText {
    let value: JSONValue
    private let bytes: [UInt8]

    /// `nil` where it is no JSON.
    init?(_ bytes: [UInt8]) {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else { return nil }
        self.value = value
        self.bytes = bytes
    }

    /// The element at `index` of the array that this is, as it was written.
    func elementText(_ index: Int) -> String {
        var depth = 0
        var isInString = false
        var isEscaped = false
        var count = 0
        var element: [UInt8] = []
        // What is known to be JSON is cut with a glance at its brackets, quotes and commas.
        for byte in bytes {
            if isInString {
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            } else {
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    depth += 1
                    if depth == 1 { continue }
                case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
                case UInt8(ascii: ",") where depth == 1:
                    count += 1
                    continue
                default: break
                }
            }
            if count == index, depth > 0 { element.append(byte) }
        }
        return String(decoding: element, as: UTF8.self).trimmingBlanks
    }

    /// A string as JSON: what must be escaped is, and nothing else.
    static func quoted(_ text: String) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // A string can always be encoded.
        guard let data = try? encoder.encode(text) else { return Array("\"\"".utf8) }
        return Array(data)
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        let isBlank = { (byte: UInt8) in byte <= 0x20 }
        return String(decoding: utf8.drop(while: isBlank).reversed().drop(while: isBlank).reversed(), as: UTF8.self)
    }
}
