/// A place on a follower's way: once all that came before it has been
/// delivered, the follower's cursor in this database moves there.
public struct Mark: Sendable, Equatable {
    public var database: String
    public var cursor: Cursor

    public init(database: String, cursor: Cursor) {
        self.database = database
        self.cursor = cursor
    }
}
