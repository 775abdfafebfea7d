import Testing

@testable import PocketCouch

/// The pure values: documents, databases, seqs.
@Suite struct DocumentTests {
    private func edit(_ text: String) throws -> DocumentEdit {
        try DocumentEdit(JSONParser.parse(text))
    }

    @Test("an edit must name the revision it replaces, and the same edit makes the same revision")
    func conflict() throws {
        var contents = DatabaseContents()
        let first = try contents.apply(edit(#"{"_id":"a","n":1}"#))
        #expect(first.generation == 1)
        #expect(first.digest.utf8.count == 32)
        #expect(throws: CouchError.conflict) { try contents.apply(edit(#"{"_id":"a","n":2}"#)) }
        #expect(throws: CouchError.conflict) { try contents.apply(edit(#"{"_id":"a","_rev":"1-x","n":2}"#)) }
        let second = try contents.apply(edit(#"{"_id":"a","_rev":"\#(first)","n":2}"#))
        #expect(second.generation == 2)
        #expect(throws: CouchError.conflict) { try contents.apply(edit(#"{"_id":"a","_rev":"\#(first)","n":3}"#)) }
        #expect(try contents.apply(edit(#"{"_id":"b","n":1}"#)) == first)
        #expect(contents.updateNumber == 3)
        #expect(contents.livingCount == 2)
    }

    @Test("a deleted document can be written again without a revision, on top of its deletion")
    func undeleted() throws {
        var contents = DatabaseContents()
        let first = try contents.apply(edit(#"{"_id":"a"}"#))
        let deletion = try contents.apply(edit(#"{"_id":"a","_rev":"\#(first)","_deleted":true,"why":"bye"}"#))
        #expect(contents.deletedCount == 1)
        var bytes: [UInt8] = []
        contents.documents["a"]?.winner?.write(id: "a", to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self) == #"{"_id":"a","_rev":"\#(deletion)","why":"bye","_deleted":true}"#
        )
        #expect(try contents.apply(edit(#"{"_id":"a","n":2}"#)).generation == 3)
        #expect(contents.deletedCount == 0)
        #expect(contents.livingCount == 1)
    }

    @Test("the winner is alive if any leaf is, then the longest, then the highest; a known revision changes nothing")
    func winner() throws {
        var contents = DatabaseContents()
        func graft(_ text: String) throws { try contents.graft(edit(text)) }
        func winner() -> String? { contents.documents["k"]?.winner?.revision.description }
        try graft(#"{"_id":"k","_rev":"1-a"}"#)
        try graft(#"{"_id":"k","_rev":"1-b"}"#)
        #expect(winner() == "1-b")
        try graft(#"{"_id":"k","_rev":"2-a","_revisions":{"start":2,"ids":["a","a"]}}"#)
        #expect(winner() == "2-a")
        #expect(contents.documents["k"]?.leaves.count == 2)
        let number = contents.updateNumber
        try graft(#"{"_id":"k","_rev":"1-a"}"#)
        try graft(#"{"_id":"k","_rev":"2-a"}"#)
        #expect(contents.updateNumber == number)
        // A write to the losing branch gives a row with the unchanged winning revision [089].
        try graft(#"{"_id":"k","_rev":"2-0","_revisions":{"start":2,"ids":["0","b"]}}"#)
        #expect(winner() == "2-a")
        #expect(contents.updateNumber == number + 1)
        try graft(#"{"_id":"k","_rev":"9-z","_deleted":true,"_revisions":{"start":9,"ids":["z"]}}"#)
        #expect(winner() == "2-a")
    }

    @Test("local documents count 0-1, 0-2, and have no place in the order of changes")
    func local() throws {
        var contents = DatabaseContents()
        #expect(try contents.apply(edit(#"{"_id":"_local/x","v":1}"#)).description == "0-1")
        #expect(try contents.apply(edit(#"{"_id":"_local/x","_rev":"0-1","v":2}"#)).description == "0-2")
        #expect(throws: CouchError.conflict) { try contents.apply(edit(#"{"_id":"_local/x","_rev":"0-1"}"#)) }
        #expect(contents.updateNumber == 0)
        #expect(contents.livingCount == 0)
    }

    @Test(
        "what is no document is refused with CouchDB's words",
        arguments: [
            ("[]", "Document must be a JSON object"), (#"{"_id":""}"#, "Document id must not be empty"),
            (#"{"_id":12}"#, "Document id must be a string"),
            (#"{"_id":"_bad"}"#, "Only reserved document ids may start with underscore."),
            (#"{"_rev":"x"}"#, "Invalid rev format"), (#"{"_rev":5}"#, "Invalid rev format"),
            (#"{"_rev":"99999999999999999999-a"}"#, "Invalid rev format"),
            (#"{"_foo":1}"#, "Bad special document member: _foo"),
            (#"{"_revisions":{"start":1,"ids":["a","b"]}}"#, "Bad _revisions"),
        ]
    )
    func refused(_ text: String, _ reason: String) {
        let error = #expect(throws: CouchError.self) { try edit(text) }
        #expect(error?.reason == reason)
        #expect(error?.status == 400)
    }

    @Test("changes are given in order, and pending counts what is left")
    func changes() throws {
        var contents = DatabaseContents()
        for id in ["a", "b", "c", "a"] { _ = try contents.overwrite(edit(#"{"_id":"\#(id)"}"#)) }
        #expect(contents.changes(after: 0, through: .max, limit: 9).map(\.number) == [2, 3, 4])
        #expect(contents.changes(after: 2, through: 3, limit: 9).map(\.id) == ["c"])
        #expect(contents.changes(before: 4, limit: 1).map(\.id) == ["c"])
        #expect(contents.pending(after: 0) == 3)
        #expect(contents.pending(after: 3) == 1)
        #expect(contents.pending(after: 99) == 0)
        #expect(contents.changes(after: 99, through: .max, limit: 9).isEmpty)
    }

    @Test("a seq is recognised by its own life, and by no other")
    func seqs() {
        let (own, other) = (Instance(seed: 1), Instance(seed: 2))
        for number in [0, 1, 77, 123_456_789] {
            #expect(own.position(own.seq(number)) == .after(number))
            #expect(other.position(own.seq(number)) == .elsewhere)
        }
        let seq = own.seq(7)
        #expect((125...165).contains(seq.utf8.count))
        for length in 0..<seq.count { #expect(own.position(String(seq.prefix(length))) == nil) }
        #expect(own.position("8" + seq.dropFirst()) == nil)
        #expect(own.position("-" + seq) == nil)
        #expect(own.position("") == nil)
        #expect(own.position("\"") == nil)
        #expect(own.position("now") == .now)
        #expect(own.position("0") == .after(0))
    }
}
