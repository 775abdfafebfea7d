/// The path and the query of a request, taken apart as CouchDB does: segments are split at `/` before they are
/// decoded, and an unescaped `+` is a blank in both [012, 013].
struct RequestTarget: Sendable, Equatable {
    /// The decoded segments; an empty last one is left out [024].
    var segments: [String] = []
    /// The decoded parameters, in order.
    var parameters: [Parameter] = []

    struct Parameter: Sendable, Equatable {
        var name: String
        var value: String
    }

    init(_ target: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        segments = (parts.first ?? "").split(separator: "/").map { Self.decoded($0) }
        guard parts.count == 2 else { return }
        for pair in parts[1].split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            parameters.append(
                .init(name: Self.decoded(sides[0]), value: sides.count == 2 ? Self.decoded(sides[1]) : "")
            )
        }
    }

    /// The last value of a parameter.
    subscript(name: String) -> String? {
        parameters.last { $0.name == name }?.value
    }

    func isTrue(_ name: String) -> Bool {
        self[name] == "true"
    }

    /// What is no percent-escape stays as it is.
    static func decoded(_ text: Substring) -> String {
        var decoded: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2).compactMap(hexadecimalDigit)
                if digits.count == 2 {
                    decoded.append(digits[0] << 4 | digits[1])
                    rest = rest.dropFirst(2)
                } else {
                    decoded.append(byte)
                }
            default: decoded.append(byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
