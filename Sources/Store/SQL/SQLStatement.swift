import GRDB
import GRDBSQLite

/// A statement of SQLite's, kept ready by GRDB and used without its conveniences: thousands of rows are saved at a time,
/// and bytes are to be had without Foundation's `Data`.
///
/// To be used on the database's queue only.
struct SQLStatement {
    /// What can be put in for a `?`.
    enum Value {
        case integer(Int64)
        case text(String)
        case bytes([UInt8])
        case null

        static func text(_ text: String?) -> Value { text.map { .text($0) } ?? .null }
        static func bytes(_ bytes: [UInt8]?) -> Value { bytes.map { .bytes($0) } ?? .null }
    }

    private let statement: Statement
    private var handle: OpaquePointer { statement.sqliteStatement }

    init(_ sql: String, _ database: Database) throws {
        statement = try database.cachedStatement(sql: sql)
    }

    /// Runs it with `values` for its `?`, passing over rows.
    func run(_ values: Value...) throws {
        try run(values)
    }

    /// The same, with all values at once.
    func run(_ values: [Value]) throws {
        try forEachRow(values) { _ in }
    }

    /// Runs it with `values` for its `?`, and gives each row, which is good for the length of the call.
    func forEachRow(_ values: Value..., body: (SQLRow) throws -> Void) throws {
        try forEachRow(values, body: body)
    }

    /// The same, with all values at once.
    func forEachRow(_ values: [Value], body: (SQLRow) throws -> Void) throws {
        defer { sqlite3_reset(handle) }
        for (index, value) in values.enumerated() {
            try bind(value, at: Int32(index + 1))
        }
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_DONE: return
            case SQLITE_ROW: try body(SQLRow(handle: handle))
            case let code: throw failure(code)
            }
        }
    }

    private func bind(_ value: Value, at index: Int32) throws {
        let code =
            switch value {
            case .integer(let value): sqlite3_bind_int64(handle, index, value)
            case .text(var text):
                text.withUTF8 { utf8 in
                    // The address of an empty string may be null, which would be NULL to SQLite.
                    utf8.isEmpty
                        ? sqlite3_bind_text(handle, index, "", 0, Self.copies)
                        : utf8.withMemoryRebound(to: CChar.self) {
                            sqlite3_bind_text(handle, index, $0.baseAddress, Int32(clamping: $0.count), Self.copies)
                        }
                }
            case .bytes(let bytes):
                bytes.isEmpty
                    ? sqlite3_bind_zeroblob(handle, index, 0)
                    : sqlite3_bind_blob(handle, index, bytes, Int32(clamping: bytes.count), Self.copies)
            case .null: sqlite3_bind_null(handle, index)
            }
        guard code == SQLITE_OK else { throw failure(code) }
    }

    private func failure(_ code: Int32) -> DatabaseError {
        let message = sqlite3_errmsg(sqlite3_db_handle(handle)).map { String(cString: $0) }
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }

    /// SQLITE_TRANSIENT: SQLite copies what is bound. The header has it as a cast of -1, which Swift cannot import; the
    /// value is never called, only compared.
    private static let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

/// A row of a result. Its columns count from 0; one that holds something else than asked for is damage.
struct SQLRow {
    /// A value is not of the kind that its column has.
    struct Misfit: Error {
        let column: String
    }

    let handle: OpaquePointer

    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    func integer(_ column: Int32) throws -> Int64 {
        try check(column, SQLITE_INTEGER)
        return sqlite3_column_int64(handle, column)
    }

    func text(_ column: Int32) throws -> String {
        try check(column, SQLITE_TEXT)
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        return String(
            decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))),
            as: UTF8.self
        )
    }

    func bytes(_ column: Int32) throws -> [UInt8] {
        try check(column, SQLITE_BLOB)
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    func optionalText(_ column: Int32) throws -> String? {
        isNull(column) ? nil : try text(column)
    }

    func optionalBytes(_ column: Int32) throws -> [UInt8]? {
        isNull(column) ? nil : try bytes(column)
    }

    private func check(_ column: Int32, _ type: Int32) throws {
        guard sqlite3_column_type(handle, column) == type else {
            throw Misfit(column: sqlite3_column_name(handle, column).map { String(cString: $0) } ?? "?")
        }
    }
}
