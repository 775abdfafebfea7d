/// Rows of `_changes` as a CouchDB 3.5 with two shards sends them: as long, as
/// opaque, six or so in a chunk.
struct RowWriter {
    private var row: [UInt8] = []

    /// What a CouchDB gathers before it sends a chunk.
    static let chunkSize = 1490

    /// The opaque part was recorded; two of its stretches differ from row to row.
    private static let opaqueStart = Array("g1AAAACbeJzLYWBgYMpgTmEQTM4vTc5ISXIwNDLXMwBCwxyQVCJDUv3___-zMpiT".utf8)
    private static let opaqueMiddle = Array("BjbFuQCxdhNjRLNLAwssOnBY1IeC5BkaABS_9ENNDJLMjYwS8KmNQsA".utf8)
    private static let digits = Array("0123456789abcdef".utf8)
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Appends rows 1 to `count` in chunks, and no final chunk.
    mutating func append(rows count: Int, to wire: inout [UInt8]) {
        var chunk: [UInt8] = []
        chunk.reserveCapacity(Self.chunkSize)
        for number in stride(from: 1, through: count, by: 1) {
            render(number)
            if !chunk.isEmpty, chunk.count + row.count > Self.chunkSize {
                Self.append(chunk: chunk, to: &wire)
                chunk.removeAll(keepingCapacity: true)
            }
            chunk.append(contentsOf: row)
        }
        if !chunk.isEmpty { Self.append(chunk: chunk, to: &wire) }
    }

    /// Appends a row without a line feed.
    mutating func append(row number: Int, to text: inout [UInt8]) {
        render(number)
        text.append(contentsOf: row.dropLast())
    }

    /// One row as it comes on a feed that has been idle: with the blank line that precedes each batch.
    mutating func lone(_ number: Int) -> [UInt8] {
        render(number)
        var wire = Array("1\r\n\n\r\n".utf8)
        Self.append(chunk: row, to: &wire)
        return wire
    }

    /// The position behind row `number`; 0 is before the first.
    static func seq(_ number: Int) -> [UInt8] {
        var text: [UInt8] = []
        append(seq: number, mixed: mix(UInt64(number)), to: &text)
        return text
    }

    /// As JSON has it: 0 is no string.
    static func quotedSeq(_ number: Int) -> String {
        number == 0 ? "0" : "\"\(String(decoding: seq(number), as: UTF8.self))\""
    }

    /// The number of the row at this position; 0 where it is none of ours.
    static func number(_ seq: String?) -> Int {
        seq.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
    }

    static func append(chunk: [UInt8], to wire: inout [UInt8]) {
        wire.append(contentsOf: String(chunk.count, radix: 16).utf8)
        wire.append(contentsOf: "\r\n".utf8)
        wire.append(contentsOf: chunk)
        wire.append(contentsOf: "\r\n".utf8)
    }

    private mutating func render(_ number: Int) {
        let mixed = Self.mix(UInt64(number))
        row.removeAll(keepingCapacity: true)
        row.append(contentsOf: #"{"seq":""#.utf8)
        Self.append(seq: number, mixed: mixed, to: &row)
        row.append(contentsOf: #"","id":"doc-"#.utf8)
        Self.append(decimal: number, width: 8, to: &row)
        row.append(contentsOf: #"","changes":[{"rev":"1-"#.utf8)
        Self.append(hexadecimal: mixed, to: &row)
        Self.append(hexadecimal: Self.mix(mixed), to: &row)
        row.append(contentsOf: "\"}]}\n".utf8)
    }

    private static func append(seq number: Int, mixed: UInt64, to text: inout [UInt8]) {
        append(decimal: number, width: 1, to: &text)
        text.append(UInt8(ascii: "-"))
        text.append(contentsOf: opaqueStart)
        append(letters: mixed, count: 6, to: &text)
        text.append(contentsOf: opaqueMiddle)
        append(letters: mixed >> 28, count: 6, to: &text)
    }

    private static func append(decimal number: Int, width: Int, to text: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            text.append(digits[number / divisor % 10])
            divisor /= 10
        }
    }

    private static func append(hexadecimal value: UInt64, to text: inout [UInt8]) {
        for shift in stride(from: 60, through: 0, by: -4) {
            text.append(digits[Int(truncatingIfNeeded: value >> UInt64(shift)) & 15])
        }
    }

    private static func append(letters value: UInt64, count: Int, to text: inout [UInt8]) {
        for index in 0..<count {
            text.append(letters[Int(truncatingIfNeeded: value >> UInt64(index * 6)) & 63])
        }
    }

    /// Spreads a number over all 64 bits, always the same way (splitmix64).
    private static func mix(_ number: UInt64) -> UInt64 {
        var value = number &+ 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// The databases of the generator, their rows rendered once, as they go over the wire.
struct RenderedDatabases {
    struct Database {
        var name: String
        /// Where its rows stand in ``RenderedDatabases/wire``.
        var wire: Range<Int>
        /// How many rows it has, those that came later too.
        var rowCount: Int

        var lastSeq: String { String(decoding: RowWriter.seq(rowCount), as: UTF8.self) }
    }

    let wire: [UInt8]
    var databases: [Database]
    let byName: [String: Int]

    /// The empty database to which rows are added later.
    static let live = "live"

    /// The others, as a glob of Herald's settings.
    static let allButLive = "bench-*"

    static func name(_ number: Int) -> String { "bench-\(number)" }

    /// Shares `rows` out among `count` databases, as equally as can be, and adds ``live``.
    init(count: Int, rows: Int) {
        var writer = RowWriter()
        var wire: [UInt8] = []
        wire.reserveCapacity(rows * 235)
        var databases: [Database] = []
        for number in 0..<count {
            let start = wire.count
            let share = rows / count + (number < rows % count ? 1 : 0)
            writer.append(rows: share, to: &wire)
            databases.append(Database(name: Self.name(number), wire: start..<wire.count, rowCount: share))
        }
        databases.append(Database(name: Self.live, wire: wire.count..<wire.count, rowCount: 0))
        self.wire = wire
        self.databases = databases
        byName = Dictionary(uniqueKeysWithValues: databases.enumerated().map { ($1.name, $0) })
    }
}
