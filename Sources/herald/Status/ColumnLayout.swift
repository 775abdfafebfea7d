/// Rows of cells, laid out so that none is wider than the terminal: the first column, the names, gives way.
struct ColumnLayout {
    struct Column {
        var title: String
        /// Numbers stand at the right of their column.
        var isNumber = false
    }

    private let widths: [Int]
    private let columns: [Column]
    private let width: Int

    /// How far rows stand in from the left.
    static let indent = 2
    private static let gap = 2

    init(_ columns: [Column], rows: [[String]], width: Int) {
        self.columns = columns
        self.width = width
        var widths = columns.map { FittedText.width($0.title) }
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], FittedText.width(cell)) }
        }
        let others = widths.dropFirst().reduce(0) { $0 + $1 + Self.gap }
        widths[0] = max(min(widths[0], width - Self.indent - others), 4)
        self.widths = widths
    }

    /// The names of the columns.
    var titles: String { line(columns.map(\.title)) }

    /// One row, without blanks at its end.
    func line(_ cells: [String]) -> String {
        var line = String(repeating: " ", count: Self.indent)
        for (index, cell) in cells.enumerated() {
            let cell = index == 0 ? FittedText.cutMiddle(cell, to: widths[0]) : cell
            let isLast = index == cells.count - 1
            if index > 0 { line += String(repeating: " ", count: Self.gap) }
            if columns[index].isNumber {
                line += String(repeating: " ", count: max(widths[index] - FittedText.width(cell), 0)) + cell
            } else {
                line += isLast ? cell : FittedText.padded(cell, to: widths[index])
            }
        }
        // More than the columns are made for, such as a lag of a thousand years, must not break the line either.
        return FittedText.cutEnd(line, to: width)
    }
}
