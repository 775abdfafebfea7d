import Testing

@testable import CouchFeed

@Suite("Rows that a follower was given already")
struct PassedRowsTests {
    /// The rows as a feed gives them: `id@revision`, deleted where a `-` follows.
    private static func batch(_ rows: String...) -> ChangeBatch {
        var text = ""
        for (number, row) in rows.enumerated() {
            let parts = row.split(separator: "@")
            let revision = parts[1].prefix { $0 != "-" }
            let deleted = parts[1].hasSuffix("-") ? #","deleted":true"# : ""
            text +=
                #"{"seq":"\#(number + 1)-x","id":"\#(parts[0])","changes":[{"rev":"\#(revision)"}]\#(deleted)}"# + "\n"
        }
        var reader = ChangeReader(form: .continuous)
        reader.keepsRows = true
        var batch = ChangeBatch()
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { _ = reader.read($0, into: &batch) }
        return batch
    }

    private static func left(_ rows: String..., passed: String...) -> [String] {
        var keys = PassedKeys()
        for row in passed {
            guard let rows = batch(row).rows else { continue }
            keys.insert(rows, limit: PassedRows.limit)
        }
        var left: [String] = []
        for row in rows {
            guard let rest = batch(row).without(&keys).rows else { continue }
            left += rest.rows.map { row in
                let revision = row.rev.map { String(decoding: rest.bytes[$0], as: UTF8.self) } ?? ""
                return String(decoding: rest.bytes[row.id], as: UTF8.self) + "@" + revision + (row.isDeleted ? "-" : "")
            }
        }
        return left
    }

    @Test("The same change is not given again, once")
    func same() {
        #expect(Self.left("a@1", "b@1", "a@2", passed: "a@1") == ["b@1", "a@2"])
        #expect(Self.left("a@1", "a@1", passed: "a@1") == ["a@1"])
    }

    @Test("A newer change is given")
    func newer() {
        #expect(Self.left("a@2", "a@3", passed: "a@1") == ["a@2", "a@3"])
        #expect(Self.left("a@1-", passed: "a@1") == ["a@1-"])
    }

    @Test("After an older change the newer one is given again: the last word about a document is its latest change")
    func older() {
        #expect(Self.left("a@1", "b@1", "a@2-", passed: "a@2-", "b@1") == ["a@1", "a@2-"])
    }
}
