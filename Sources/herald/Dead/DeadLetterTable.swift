import Processes
import Status
import Store

/// Dead letters as a table for people: a line of names, then one for each.
struct DeadLetterTable {
    private let rows: [[String]]
    private let width: Int?

    /// - Parameter width: How many columns there are; nil for any number.
    init(_ letters: [DeadLetter], width: Int?) {
        self.width = width
        rows =
            [["ID", "NOTIFIER", "DATABASE", "DIED", "DELIVERIES", "REASON"]]
            + letters.map { letter in
                [
                    "\(letter.id)",
                    LogText.escaped(letter.notifier),
                    LogText.escaped(letter.database),
                    Timestamp.text(milliseconds: letter.died),
                    "\(letter.deliveries)",
                    (letter.isToBeRetried ? "(to be retried) " : "") + LogText.escaped(letter.reason),
                ]
            }
    }

    /// The whole table; each line ends in a newline.
    var text: String {
        let limits = [Int.max, 20, 24, .max, .max, .max]
        let cells = width == nil ? rows : rows.map { row in zip(row, limits).map { cut($0, to: $1) } }
        var widths = [Int](repeating: 0, count: limits.count)
        for row in cells {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], length(cell)) }
        }
        return cells.map { row in
            // The last column needs no blanks behind it.
            let padded = row.dropLast().enumerated().map { column, cell in
                cell + String(repeating: " ", count: widths[column] - length(cell) + 2)
            }
            return cut(padded.joined() + row[row.count - 1], to: width ?? .max) + "\n"
        }.joined()
    }

    private func length(_ text: String) -> Int {
        text.unicodeScalars.count
    }

    private func cut(_ text: String, to length: Int) -> String {
        guard text.unicodeScalars.count > length else { return text }
        return String(text.unicodeScalars.prefix(length - 1)) + "…"
    }
}
