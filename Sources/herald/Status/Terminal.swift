import CLinux
import Glibc
import Processes

/// What stdout leads to.
struct Terminal: Sendable {
    /// How many columns there are, as the shell or the terminal tells; `nil` where it is none.
    var width: Int?
    /// Whether colours are wanted.
    var hasColours: Bool

    /// As it is now.
    static var current: Terminal {
        let environment = ChildEnvironment.ofThisProcess()
        let isTerminal = isatty(STDOUT_FILENO) == 1
        // https://no-color.org
        let isPlain = environment["TERM"] == "dumb" || !(environment["NO_COLOR"] ?? "").isEmpty
        let columns = [environment["COLUMNS"].flatMap { Int($0) }, Int(herald_terminal_width(STDOUT_FILENO))]
        return Terminal(width: columns.compactMap { $0 }.first { $0 > 0 }, hasColours: isTerminal && !isPlain)
    }
}

/// A line for a terminal, and what it is, which decides on its colour.
struct StyledLine: Sendable, Equatable {
    enum Style: Sendable {
        case plain
        case heading
        /// Something does not happen at all.
        case down
        /// Something is not as it should be.
        case trouble
    }

    var text: String
    var style: Style = .plain

    /// The line with the codes of ECMA-48 around it where there are colours.
    func rendered(hasColours: Bool) -> String {
        guard hasColours else { return text }
        let code: String? =
            switch style {
            case .plain: nil
            case .heading: "1"
            case .down: "31"
            case .trouble: "33"
            }
        return code.map { "\u{1B}[\($0)m\(text)\u{1B}[0m" } ?? text
    }
}
