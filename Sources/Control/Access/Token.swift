/// A secret that lets whoever knows it act. It shows itself nowhere.
public struct Token: Sendable {
    private let bytes: [UInt8]

    /// `nil` where the text, white space around it left out, is empty or could not stand in a header.
    init?(_ text: some Collection<UInt8>) {
        let isBlank = { (byte: UInt8) in [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
        let start = text.drop(while: isBlank)
        bytes = start.reversed().drop(while: isBlank).reversed()
        guard !bytes.isEmpty, bytes.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
    }

    /// Whether this is what was presented. It takes as long for a presented text of the same length, whatever is in it.
    public func matches(_ presented: [UInt8]) -> Bool {
        var difference = presented.count ^ bytes.count
        for index in presented.indices {
            difference |= Int(presented[index] ^ bytes[index % bytes.count])
        }
        return difference == 0
    }
}

extension Token: CustomStringConvertible, CustomReflectable {
    public var description: String { "(token)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
