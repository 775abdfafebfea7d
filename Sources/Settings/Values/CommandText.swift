/// Finds what `/bin/sh` would refuse about the quotes of a command line, so that a person learns it at once and not from
/// a notifier that dies again and again.
enum CommandText {
    /// What is open, and where it is to be closed.
    private enum Context {
        case plain
        case single
        case double
        /// `$( ... )`, or parentheses within one: the depth is the stack itself.
        case parenthesis
        case backquote
        /// `${ ... }`: within double quotes, a single quote is an ordinary character.
        case brace(inDouble: Bool)

        var name: String {
            switch self {
            case .plain: "nothing"
            case .single: "a single quote"
            case .double: "a double quote"
            case .parenthesis: "a '$('"
            case .backquote: "a backquote"
            case .brace: "a '${'"
            }
        }
    }

    /// Throws if a quote or a substitution is not closed, if the line ends in a backslash, or is nothing but a comment.
    static func check(_ command: String, isCutByComment: Bool) throws(Complaint) {
        let cut =
            "note that ' ;' begins a comment in this file and cut the command there: leave out the blank before ';'"
        var machine = Machine(bytes: command.bytes)
        machine.run()
        if machine.isOnlyComment {
            throw Complaint("the command is only a shell comment", "begin it with a program; ';' begins a comment here")
        }
        // In `case` patterns a `)` stands alone, which this machine would misread; the shell will tell.
        if machine.hasCase { return }
        if machine.endsInBackslash {
            throw Complaint(
                "the command ends in a backslash",
                isCutByComment ? cut : "remove it, or continue the value on a line that begins with one blank"
            )
        }
        if let open = machine.stack.last {
            throw Complaint(
                "\(open.name) is not closed in the command",
                isCutByComment ? cut : "close it as for /bin/sh"
            )
        }
    }

    private struct Machine {
        let bytes: [UInt8]
        var index = 0
        var stack: [Context] = []
        /// Where the backquote is in the stack, which holds at most one.
        var openBackquote: Int?
        var endsInBackslash = false
        /// Whether a `#` here would begin a comment.
        var isWordStart = true
        var isOnlyComment: Bool { bytes.first == UInt8(ascii: "#") }
        var hasCase: Bool { bytes.indices.contains { bytes[$0...].starts(with: "esac".utf8) } }

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        mutating func run() {
            while index < bytes.count {
                let byte = bytes[index]
                index += 1
                switch stack.last ?? .plain {
                case .single:
                    if byte == UInt8(ascii: "'") { stack.removeLast() }
                case .double:
                    if byte == .doubleQuote { stack.removeLast() } else { readExpansion(byte, inDouble: true) }
                case .brace(let inDouble):
                    readInBrace(byte, inDouble)
                case .plain, .parenthesis, .backquote:
                    if readOutside(byte) { return }
                }
            }
        }

        private mutating func readInBrace(_ byte: UInt8, _ inDouble: Bool) {
            switch byte {
            case UInt8(ascii: "}"): stack.removeLast()
            case .doubleQuote: stack.append(.double)
            case UInt8(ascii: "'") where !inDouble: stack.append(.single)
            default: readExpansion(byte, inDouble: inDouble)
            }
        }

        /// Returns true where a comment takes the rest of the line.
        private mutating func readOutside(_ byte: UInt8) -> Bool {
            let wasWordStart = isWordStart
            isWordStart = " \t;&|()<>".utf8.contains(byte)
            switch (byte, stack.last) {
            case (UInt8(ascii: "#"), _) where wasWordStart:
                return true
            case (UInt8(ascii: "'"), _):
                stack.append(.single)
            case (.doubleQuote, _):
                stack.append(.double)
            case (UInt8(ascii: "("), .parenthesis):
                stack.append(.parenthesis)
            case (UInt8(ascii: ")"), .parenthesis):
                stack.removeLast()
                isWordStart = false
            default:
                readExpansion(byte, inDouble: false)
            }
            return false
        }

        /// A backslash, a backquote or what a `$` begins: they mean the same within double quotes and without.
        private mutating func readExpansion(_ byte: UInt8, inDouble: Bool) {
            switch byte {
            case .backslash:
                if index == bytes.count { endsInBackslash = true }
                index += 1
            case UInt8(ascii: "`"):
                if let open = openBackquote {
                    // The shell finds the closing backquote before it looks at any quote inside.
                    stack.removeSubrange(open...)
                    openBackquote = nil
                } else {
                    openBackquote = stack.count
                    stack.append(.backquote)
                    isWordStart = true
                }
            case UInt8(ascii: "$") where index < bytes.count && bytes[index] == UInt8(ascii: "("):
                stack.append(.parenthesis)
                index += 1
                isWordStart = true
            case UInt8(ascii: "$") where index < bytes.count && bytes[index] == UInt8(ascii: "{"):
                stack.append(.brace(inDouble: inDouble))
                index += 1
            default:
                break
            }
        }
    }
}
