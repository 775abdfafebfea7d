import Testing

@testable import CouchFeed

@Suite("Rows one by one")
struct RowBlockTests {
    @Test(
        "Every part is what the server sent, wherever it stands in the row",
        arguments: [
            (
                #"{"seq":"1-a","id":"\u0001\"é\/","changes":[{"rev":"1-x"},{"rev":"1-y"}],"deleted":true,"doc":{"_id":"q"}}"#,
                Reading.Row(seq: #""1-a""#, id: #"\u0001\"é\/"#, rev: "1-x", isDeleted: true, doc: #"{"_id":"q"}"#)
            ),
            (
                #"{"doc": { "n" : 1e400, "id":"no","deleted":true } ,"changes" : [ { "x":[{"rev":"no"}], "rev" : "9-\u00e9" } ],"id":"","seq":[1,"a"]}"#,
                Reading.Row(
                    seq: #"[1,"a"]"#,
                    rev: #"9-\u00e9"#,
                    doc: #"{ "n" : 1e400, "id":"no","deleted":true }"#
                )
            ),
            (#"{"seq":null,"id":"a","doc":null,"deleted":false,"changes":[]}"#, Reading.Row(id: "a")),
            (#"{"seq":18446744073709551616,"id":"a"}"#, Reading.Row(seq: "18446744073709551616", id: "a")),
            (#"{"seq":1,"id":"a","changes":17}"#, Reading.Row(seq: "1", id: "a")),
            (#"{"seq":1,"id":"a","changes":[17,{"rev":"1-x"}]}"#, Reading.Row(seq: "1", id: "a")),
            (#"{"seq":1,"id":"a","changes":[{"rev":17}]}"#, Reading.Row(seq: "1", id: "a")),
            (#"{"seq":1,"id":"a","changes":[{"rev":""}]}"#, Reading.Row(seq: "1", id: "a", rev: "")),
            (
                #"{"seq":1,"id":"_design\/d","changes":[{"rev":"1-x"}]}"#,
                Reading.Row(seq: "1", id: #"_design\/d"#, rev: "1-x", isDesignDocument: true)
            ),
        ]
    )
    func parts(line: String, row: Reading.Row) {
        let reading = Reading(line + "\n", keepsRows: true)
        #expect(reading.rows == [row])
        let normal = "{\"results\":[\n\(line)\n],\"last_seq\":1}"
        #expect(Reading(normal, form: .normal, keepsRows: true).rows == [row])
        #expect(Reading(pieces(Array(normal.utf8), of: 1), form: .normal, keepsRows: true).rows == [row])
    }

    @Test("What was given on stays as it was when the batch is emptied and used again")
    func givenOn() {
        var reader = ChangeReader()
        reader.keepsRows = true
        var batch = ChangeBatch()
        func read(_ id: String) {
            _ = Array("{\"seq\":1,\"id\":\"\(id)\"}\n".utf8).withUnsafeBytes { reader.read($0, into: &batch) }
        }
        read("a")
        let first = batch
        batch.clear()
        read("bcd")
        #expect(first.rows?.told.map(\.id) == ["a"])
        #expect(batch.rows?.told.map(\.id) == ["bcd"])
        batch.clear()
        #expect(batch.rows?.rows.isEmpty == true)
    }

    @Test("Rows are kept from the next empty batch on and until the next, so that a batch has all its rows or none")
    func switched() {
        var reader = ChangeReader()
        var batch = ChangeBatch()
        func read(_ keepsRows: Bool) -> Int? {
            reader.keepsRows = keepsRows
            _ = Array("{\"seq\":1,\"id\":\"a\"}\n".utf8).withUnsafeBytes { reader.read($0, into: &batch) }
            return batch.rows?.rows.count
        }
        #expect(read(false) == nil)
        #expect(read(true) == nil)
        batch.clear()
        #expect(read(true) == 1)
        #expect(read(false) == 2)
        #expect(batch.count == 2)
        batch.clear()
        #expect(read(false) == nil)
    }

    private static let five =
        [
            #"{"seq":"1","id":"a","changes":[{"rev":"1-a"}]}"#, #"{"seq":"2","id":"b","changes":[{"rev":"1-b"}]}"#,
            #"{"seq":"3","id":"_design/x","changes":[{"rev":"1-x"}]}"#,
            #"{"seq":"4","id":"_design/y","changes":[{"rev":"1-y"}]}"#,
            #"{"seq":null,"id":"b","changes":[{"rev":"1-b"}],"deleted":true}"#,
        ].map { $0 + "\n" }.joined()

    private static func passed(_ rows: String, limit: Int = 100) throws -> PassedKeys {
        var passed = PassedKeys()
        passed.insert(try #require(ChangeBatch(rows: rows).rows), limit: limit)
        return passed
    }

    @Test("Less the rows that were passed already, a batch has the rest of its rows, and reaches as far")
    func without() throws {
        let batch = ChangeBatch(rows: Self.five)
        let lines = Self.five.split(separator: "\n", omittingEmptySubsequences: true).map { "\($0)\n" }
        var passed = try Self.passed(lines[0] + lines[2])
        let rest = batch.without(&passed)
        #expect(passed.isEmpty)
        #expect(rest.count == 3)
        #expect(rest.seq == batch.seq)
        #expect(rest.items == [.documents(1), .designDocument(id: Array(#""_design/y""#.utf8)), .documents(1)])
        #expect(rest.rows?.told.map(\.id) == ["b", "_design/y", "b"])
        #expect(rest.rows?.told.map(\.isDeleted) == [false, false, true])
        #expect(batch.count == 5)

        let three = ChangeBatch(rows: lines[0] + lines[1] + lines[2])
        passed = try Self.passed(lines[0] + lines[1] + lines[2])
        let none = three.without(&passed)
        #expect(none.isEmpty && none.items.isEmpty && none.rows?.rows.isEmpty == true)
        #expect(none.seq == three.seq)
        #expect(passed.isEmpty)
    }

    @Test(
        "Another id, rev or deleted is another row, and so is one without a rev",
        arguments: [
            #"{"seq":1,"id":"ab","changes":[{"rev":"1-a"}]}"#, #"{"seq":1,"id":"a","changes":[{"rev":"1-b"}]}"#,
            #"{"seq":1,"id":"a","changes":[{"rev":"1-a"}],"deleted":true}"#,
            #"{"seq":1,"id":"a1","changes":[{"rev":"-a"}]}"#,
            #"{"seq":1,"id":"a"}"#,
        ]
    )
    func otherRows(row: String) throws {
        let batch = ChangeBatch(rows: #"{"seq":1,"id":"a","changes":[{"rev":"1-a"}]}"# + "\n")
        var passed = try Self.passed(row + "\n")
        #expect(batch.without(&passed).count == 1)
    }

    @Test("A row without a rev is like no other, and never passed over")
    func withoutRev() throws {
        let row = #"{"seq":1,"id":"a"}"# + "\n"
        var passed = try Self.passed(row)
        #expect(ChangeBatch(rows: row).without(&passed).count == 1)
    }

    @Test("What was passed is remembered up to a limit, and what comes again of a document that is, always")
    func limit() throws {
        let first = #"{"seq":1,"id":"a","changes":[{"rev":"1-a"}]}"# + "\n"
        let other = #"{"seq":2,"id":"b","changes":[{"rev":"1-b"}]}"# + "\n"
        let second = #"{"seq":3,"id":"a","changes":[{"rev":"2-a"}]}"# + "\n"
        var passed = try Self.passed(first + other + second, limit: 1)
        #expect(ChangeBatch(rows: other).without(&passed).count == 1)
        #expect(ChangeBatch(rows: second).without(&passed).isEmpty)
    }
}
