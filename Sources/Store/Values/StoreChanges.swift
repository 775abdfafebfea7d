/// What is to be saved together: all of it, or nothing.
///
/// The followers are saved first, then the positions, then the forgotten are
/// removed from both.
public struct StoreChanges: Sendable, Equatable {
    /// The server that the cursors belong to; nil leaves it as it is.
    public var server: StoredServer?
    /// Followers that are new or have changed.
    public var followers: [StoredFollower]
    /// The ids of followers to be deleted, with their cursors in all databases. Their dead letters stay.
    public var forgotten: [Int64]
    /// By database, all the positions that are in it from now on; an empty array: none is left. Databases that are not
    /// named keep theirs.
    public var positions: [String: [StoredPosition]]
    /// Dead letters: one with the id 0 is new and gets an id; any other takes the place of the one with that id, unless
    /// somebody has dropped that meanwhile.
    public var letters: [DeadLetter]
    /// The ids of dead letters to be deleted, since they were delivered after all.
    public var finishedLetters: [Int64]

    /// Changes.
    public init(
        server: StoredServer? = nil,
        followers: [StoredFollower] = [],
        forgotten: [Int64] = [],
        positions: [String: [StoredPosition]] = [:],
        letters: [DeadLetter] = [],
        finishedLetters: [Int64] = []
    ) {
        self.server = server
        self.followers = followers
        self.forgotten = forgotten
        self.positions = positions
        self.letters = letters
        self.finishedLetters = finishedLetters
    }

    /// Whether there is nothing to be saved.
    public var isEmpty: Bool {
        server == nil && followers.isEmpty && forgotten.isEmpty && positions.isEmpty && letters.isEmpty
            && finishedLetters.isEmpty
    }
}
