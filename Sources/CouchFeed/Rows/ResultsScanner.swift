import Glibc

/// Cuts the bytes of a normal `_changes` feed into rows and its tail, wherever
/// the network cut them: `{"results":[`, rows, `],"last_seq":...,"pending":...}`.
///
/// Most servers give each row a line, PouchDB Server the whole answer one;
/// blanks of any kind may stand between any two parts (heartbeats do).
struct ResultsScanner {
    /// What comes next in a piece.
    enum Part {
        /// A row that stands whole in the piece, read already.
        case row(Range<Int>, FeedLine, RowDetails)
        /// A row of which ``ResultsScanner/held`` has all.
        case heldRow
        case end(FeedTail)
        case broken(why: String)
        /// Nothing more in this piece.
        case nothing
    }

    private enum Place {
        case start
        case name
        case colon
        case value
        case results
        case row
        case behindRow
        case behindValue
    }

    /// What is there of a value that has not ended yet. Emptied by who takes a row out of it.
    var held: [UInt8] = []
    /// How many lines were blank since this was last set to 0.
    var blankLines = 0
    private var place = Place.start
    private var valueEnd: ValueEnd?
    private var isAtLineStart = true
    private var name: [UInt8] = []
    private var error: String?
    private var tail = FeedTail()

    /// Reads on in `piece` from `position`, which it moves behind what it has read.
    mutating func next(_ piece: UnsafeRawBufferPointer, _ position: inout Int) -> Part {
        while position < piece.count {
            let byte = piece[position]
            if valueEnd == nil, skipBlank(byte) {
                position += 1
                continue
            }
            if beginsValue(byte) {
                if let part = readValue(piece, &position) { return part }
            } else if readSign(byte) {
                position += 1
                isAtLineStart = false
                if place == .start { return end() }
            } else {
                return .broken(why: "\(Character(Unicode.Scalar(byte))) where \(expectation) is expected")
            }
        }
        return .nothing
    }

    private mutating func skipBlank(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x0A:
            if isAtLineStart { blankLines += 1 }
            isAtLineStart = true
            return true
        case 0x20, 0x09, 0x0D: return true
        default: return false
        }
    }

    // MARK: Signs

    /// Whether a value is what comes, with `byte` or begun before it.
    private func beginsValue(_ byte: UInt8) -> Bool {
        switch place {
        case .value: true
        case .name: byte == UInt8(ascii: "\"") || valueEnd != nil
        case .row: byte != UInt8(ascii: "]") || valueEnd != nil
        default: false
        }
    }

    /// Takes a sign that holds the parts together. Behind the last one the place is the start again.
    private mutating func readSign(_ byte: UInt8) -> Bool {
        switch (place, byte) {
        case (.start, UInt8(ascii: "{")): place = .name
        case (.colon, UInt8(ascii: ":")): place = isResults ? .results : .value
        case (.results, UInt8(ascii: "[")): place = .row
        case (.behindRow, UInt8(ascii: ",")): place = .row
        case (.row, UInt8(ascii: "]")), (.behindRow, UInt8(ascii: "]")): place = .behindValue
        case (.behindValue, UInt8(ascii: ",")): place = .name
        case (.name, UInt8(ascii: "}")), (.behindValue, UInt8(ascii: "}")): place = .start
        default: return false
        }
        return true
    }

    private var isResults: Bool { name.elementsEqual(#""results""#.utf8) }

    private var expectation: String {
        switch place {
        case .start: #"{"results":["#
        case .name: "a name"
        case .colon: ":"
        case .value: "a value"
        case .results: "["
        case .row: "a row"
        case .behindRow: ", or ]"
        case .behindValue: ", or }"
        }
    }

    private func end() -> Part {
        if let error { return .broken(why: "the server said: \(error)") }
        guard tail.lastSeq != nil else { return .broken(why: "it has no last_seq") }
        return .end(tail)
    }

    // MARK: Values

    private mutating func readValue(
        _ piece: UnsafeRawBufferPointer,
        _ position: inout Int
    ) -> Part? {
        if isAtLineStart, valueEnd == nil, place == .row, let (range, row, details) = rowOfALine(piece, position) {
            position = range.upperBound
            place = .behindRow
            isAtLineStart = false
            return .row(range, row, details)
        }
        isAtLineStart = false
        var search = valueEnd ?? ValueEnd()
        switch search.search(piece, from: position) {
        case .broken: return .broken(why: "it is no JSON")
        case .further:
            valueEnd = search
            return hold(piece, &position, piece.count)
        case .end(let end):
            valueEnd = nil
            let range = position..<end
            guard place == .row else {
                if let part = hold(piece, &position, end) { return part }
                takeHeldValue()
                return nil
            }
            place = .behindRow
            if held.isEmpty {
                position = end
                var details = RowDetails()
                let row = FeedLine(UnsafeRawBufferPointer(rebasing: piece[range]), &details)
                return .row(range, row, details)
            }
            return hold(piece, &position, end) ?? .heldRow
        }
    }

    /// The row that is all of a line, but for the comma that follows it: read at once, without a search for its end.
    private func rowOfALine(
        _ piece: UnsafeRawBufferPointer,
        _ start: Int
    ) -> (Range<Int>, FeedLine, RowDetails)? {
        guard let base = piece.baseAddress, let found = memchr(base + start, 0x0A, piece.count - start) else {
            return nil
        }
        var end = UnsafeRawPointer(found) - base
        while end > start, Self.mayFollowRow(piece[end - 1]) { end -= 1 }
        var details = RowDetails()
        let line = FeedLine(UnsafeRawBufferPointer(rebasing: piece[start..<end]), &details)
        // Anything else may be half a row, or more than one: that is for the search to say.
        guard case .change = line else { return nil }
        return (start..<end, line, details)
    }

    private static func mayFollowRow(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == 0x0D || byte == 0x20 || byte == 0x09
    }

    private mutating func hold(_ piece: UnsafeRawBufferPointer, _ position: inout Int, _ end: Int) -> Part? {
        held.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece[position..<end]))
        position = end
        guard held.count > ChangeReader.maximumLineLength else { return nil }
        return .broken(why: "a value of more than \(ChangeReader.maximumLineLength >> 20) MB")
    }

    private mutating func takeHeldValue() {
        if place == .name {
            swap(&name, &held)
            place = .colon
        } else {
            name.withUnsafeBytes { name in
                let name = UnsafeRawBufferPointer(rebasing: name[1..<(name.count - 1)])
                held.withUnsafeBytes { value in
                    if name.equals("last_seq") { tail.take(lastSeq: value) }
                    if name.equals("pending") { tail.take(pending: value) }
                    if name.equals("error") { error = String(decoding: value, as: UTF8.self) }
                }
            }
            place = .behindValue
        }
        held.removeAll(keepingCapacity: true)
    }
}
