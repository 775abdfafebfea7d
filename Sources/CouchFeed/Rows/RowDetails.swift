/// Sees the members of a row that not every follower needs.
///
/// A type parameter wherever it is used: without details a row costs nothing
/// for those who want them.
protocol MemberReader {
    /// `range` of `bytes` is the whole value of the member `name`.
    mutating func read(_ name: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>)
}

/// For rows that are only counted.
struct NoDetails: MemberReader {
    /// The thread sanitizer looks at the place of what is passed as inout, and a value without members has none.
    private var place: UInt8 = 0

    func read(_ name: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {}
}

/// What a row says beside its seq and id. Ranges are of the line.
struct RowDetails: MemberReader {
    /// The first of `changes`, without its quotes; `nil` where there is none.
    var rev: Range<Int>?
    var isDeleted = false
    /// JSON text; `nil` where there is none, or `null`.
    var doc: Range<Int>?

    /// Takes what is a whole value already: what is wrong inside it is no more wrong for being looked at.
    mutating func read(_ name: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        if name.equals("changes") {
            rev = Self.firstRev(UnsafeRawBufferPointer(rebasing: bytes[..<range.upperBound]), from: range.lowerBound)
        } else if name.equals("deleted") {
            isDeleted = bytes[range.lowerBound] == UInt8(ascii: "t")
        } else if name.equals("doc") {
            doc = bytes[range.lowerBound] == UInt8(ascii: "n") ? nil : range
        }
    }

    /// The `rev` of the first element of `[{"rev":"..."}, ...]`.
    private static func firstRev(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int>? {
        var scanner = JSONScanner(bytes, from: start)
        guard scanner.skip(UInt8(ascii: "[")), scanner.skip(UInt8(ascii: "{")) else { return nil }
        repeat {
            guard let name = scanner.string(), scanner.skip(UInt8(ascii: ":")) else { return nil }
            if UnsafeRawBufferPointer(rebasing: bytes[name.range]).equals("rev") { return scanner.string()?.range }
            guard scanner.value() != nil else { return nil }
        } while scanner.skip(UInt8(ascii: ","))
        return nil
    }
}
