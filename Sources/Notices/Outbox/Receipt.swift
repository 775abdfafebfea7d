import CouchFeed

/// What is to be noted once the lines before it have been delivered.
enum Receipt: Equatable {
    /// The cursor moves here.
    case mark(Mark)
    /// A dead letter that was tried again is done.
    case letter(Int64)
}
