/// One database, as a value: its documents, and the order in which they last changed.
struct DatabaseContents: Sendable {
    /// A document that was found in the order of changes.
    struct Change: Sendable {
        var number: Int
        var id: String
        var document: Document
    }

    struct LocalDocument: Sendable {
        var generation: Int
        var body: [UInt8]
    }

    private(set) var documents: [String: Document] = [:]
    private(set) var locals: [String: LocalDocument] = [:]
    /// Ids by sequence number less one; nil where the document has changed again since.
    private var order: [String?] = []
    /// How many of `order` are not nil, in each `blockSize` of them: what is pending is asked for at each end of a feed.
    private var blockCounts: [Int] = []
    private static let blockSize = 1024
    private(set) var livingCount = 0
    /// What `PUT _security` set; without it the server's configuration rules.
    var security: JSON?

    /// The newest sequence number; 0 while nothing was written.
    var updateNumber: Int { order.count }

    var deletedCount: Int { documents.count - livingCount }

    /// The bytes of all leaves' bodies.
    private(set) var externalSize = 0

    /// Writes a document whose edit names what it replaces.
    mutating func apply(_ edit: DocumentEdit) throws(CouchError) -> Revision {
        if edit.isLocal { return try applyLocally(edit) }
        var document = documents[edit.id] ?? Document()
        if document.winner == nil, edit.isDeleted, edit.revision == nil { throw .notFound("missing") }
        let revision = try document.apply(edit)
        store(document, edit.id)
        return revision
    }

    /// Writes a document whatever stood there before.
    mutating func overwrite(_ edit: DocumentEdit) throws(CouchError) -> Revision {
        if edit.isLocal {
            var edit = edit
            edit.revision = locals[edit.id].map { Revision(generation: 0, digest: String($0.generation)) }
            return try applyLocally(edit)
        }
        var document = documents[edit.id] ?? Document()
        let revision = document.overwrite(edit)
        store(document, edit.id)
        return revision
    }

    /// Writes a revision as replication brings it.
    mutating func graft(_ edit: DocumentEdit) throws(CouchError) {
        guard !edit.isLocal else {
            _ = try applyLocally(edit)
            return
        }
        guard let revision = edit.revision else { throw .badRequest("Invalid rev format") }
        var document = documents[edit.id] ?? Document()
        if document.graft(edit, revision) { store(document, edit.id) }
    }

    private mutating func store(_ document: Document, _ id: String) {
        var document = document
        if let old = documents[id] {
            order[old.number - 1] = nil
            blockCounts[(old.number - 1) / Self.blockSize] -= 1
            if !old.isDeleted { livingCount -= 1 }
            externalSize -= old.bodySize
        }
        externalSize += document.bodySize
        if !document.isDeleted { livingCount += 1 }
        if order.count.isMultiple(of: Self.blockSize) { blockCounts.append(0) }
        blockCounts[order.count / Self.blockSize] += 1
        order.append(id)
        document.number = order.count
        documents[id] = document
    }

    /// `_local` documents have revisions `0-1`, `0-2`, ..., no tree and no place in the order of changes.
    private mutating func applyLocally(_ edit: DocumentEdit) throws(CouchError) -> Revision {
        let old = locals[edit.id]
        let expected = old.map { Revision(generation: 0, digest: String($0.generation)) }
        guard edit.revision == expected else { throw .conflict }
        guard !edit.isDeleted else {
            if old == nil { throw .notFound("missing") }
            locals[edit.id] = nil
            return Revision(generation: 0, digest: "0")
        }
        let generation = (old?.generation ?? 0) + 1
        locals[edit.id] = LocalDocument(generation: generation, body: edit.body)
        return Revision(generation: 0, digest: String(generation))
    }

    /// Up to `limit` changes with `after < number <= through`, the oldest first.
    func changes(after: Int, through: Int, limit: Int) -> [Change] {
        var changes: [Change] = []
        var number = max(0, after) + 1
        let last = min(through, order.count)
        while number <= last, changes.count < limit {
            append(number, to: &changes)
            number += 1
        }
        return changes
    }

    /// Up to `limit` changes with `number < before`, the newest first.
    func changes(before: Int, limit: Int) -> [Change] {
        var changes: [Change] = []
        var number = min(before - 1, order.count)
        while number > 0, changes.count < limit {
            append(number, to: &changes)
            number -= 1
        }
        return changes
    }

    private func append(_ number: Int, to changes: inout [Change]) {
        if let id = order[number - 1], let document = documents[id] {
            changes.append(Change(number: number, id: id, document: document))
        }
    }

    /// How many changes there are with `after < number <= through`.
    func pending(after: Int, through: Int? = nil) -> Int {
        let last = min(through ?? order.count, order.count)
        var count = 0
        var index = max(0, after)
        while index < last {
            if index.isMultiple(of: Self.blockSize), index + Self.blockSize <= last {
                count += blockCounts[index / Self.blockSize]
                index += Self.blockSize
            } else {
                if order[index] != nil { count += 1 }
                index += 1
            }
        }
        return count
    }
}
