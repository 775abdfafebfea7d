/// The databases of a ``CouchState`` at one moment: a backup.
public struct CouchSnapshot: Sendable {
    /// Nobody writes to these.
    let databases: [String: Database]
}

/// The last that was written to a document: what whoever follows the feed must have been told in the end.
public struct LatestChange: Sendable, Equatable {
    /// The winning revision.
    public let revision: String
    /// Whether that is a deletion.
    public let isDeleted: Bool
}
