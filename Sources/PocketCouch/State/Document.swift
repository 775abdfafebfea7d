/// A document: the leaves of its revision tree, the winner first. Bodies of revisions that are no leaves are gone, as
/// after a compaction.
struct Document: Sendable {
    struct Leaf: Sendable {
        var revision: Revision
        var isDeleted: Bool
        /// The members without `_id`, `_rev` and `_deleted`, as JSON text without the braces.
        var body: [UInt8]
        /// The oldest first, at most `ancestorLimit`.
        var ancestors: [Revision]
    }

    /// CouchDB's `revs_limit`.
    static let ancestorLimit = 1000

    /// The document's place in its database's order of changes.
    var number = 0
    private(set) var leaves: [Leaf] = []

    /// The leaf that CouchDB shows. Only a document that was never written has none.
    var winner: Leaf? { leaves.first }

    var isDeleted: Bool { winner?.isDeleted ?? true }

    var bodySize: Int { leaves.reduce(0) { $0 + $1.body.count } }

    func leaf(_ revision: Revision) -> Leaf? {
        leaves.first { $0.revision == revision }
    }

    /// The edit of a client that must name the revision it replaces.
    mutating func apply(_ edit: DocumentEdit) throws(CouchError) -> Revision {
        var parent: Leaf?
        if let revision = edit.revision {
            parent = leaf(revision)
            guard parent != nil else { throw .conflict }
        } else if let winner {
            guard winner.isDeleted else { throw .conflict }
            parent = winner
        }
        return replace(parent, by: edit)
    }

    /// The edit of a local caller that wants to win: it replaces the winner, whatever that is.
    mutating func overwrite(_ edit: DocumentEdit) -> Revision {
        replace(winner, by: edit)
    }

    private mutating func replace(_ parent: Leaf?, by edit: DocumentEdit) -> Revision {
        let revision = Revision(after: parent?.revision, deleted: edit.isDeleted, body: edit.body)
        var ancestors: [Revision] = []
        if let parent {
            leaves.removeAll { $0.revision == parent.revision }
            ancestors = parent.ancestors.suffix(Self.ancestorLimit - 1) + [parent.revision]
        }
        leaves.append(.init(revision: revision, isDeleted: edit.isDeleted, body: edit.body, ancestors: ancestors))
        sort()
        return revision
    }

    /// An edit with `new_edits=false`, as replication makes it: the revision comes along, and may be a new branch.
    /// False where the revision is known already and nothing changed.
    mutating func graft(_ edit: DocumentEdit, _ revision: Revision) -> Bool {
        let isKnown = leaves.contains { $0.revision == revision || $0.ancestors.contains(revision) }
        if isKnown { return false }
        leaves.removeAll { edit.ancestors.contains($0.revision) }
        leaves.append(
            .init(
                revision: revision,
                isDeleted: edit.isDeleted,
                body: edit.body,
                ancestors: edit.ancestors.suffix(Self.ancestorLimit)
            )
        )
        sort()
        return true
    }

    /// Living leaves before deleted ones, then the higher revision.
    private mutating func sort() {
        leaves.sort { left, right in
            if left.isDeleted != right.isDeleted { return right.isDeleted }
            return Revision.loses(right.revision, to: left.revision)
        }
    }
}

extension Document.Leaf {
    /// Writes the document as CouchDB answers it: `_id` and `_rev` first, `_deleted` and `_conflicts` last [246, 087].
    func write(id: String, conflicts: [Revision] = [], to bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"{"_id":"#.utf8)
        JSON.write(id, to: &bytes)
        bytes.append(contentsOf: #","_rev":"#.utf8)
        JSON.write(revision.description, to: &bytes)
        if !body.isEmpty {
            bytes.append(UInt8(ascii: ","))
            bytes.append(contentsOf: body)
        }
        if isDeleted { bytes.append(contentsOf: #","_deleted":true"#.utf8) }
        if !conflicts.isEmpty {
            bytes.append(contentsOf: #","_conflicts":"#.utf8)
            JSON.array(conflicts.map { .string($0.description) }).write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}

extension Document {
    /// The living leaves that lost.
    var conflicts: [Revision] {
        leaves.dropFirst().filter { !$0.isDeleted }.map(\.revision)
    }
}
