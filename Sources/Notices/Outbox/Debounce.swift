/// How long notices of one database are held back to be merged.
struct Debounce: Equatable {
    /// From the first of them.
    var delay: Duration
    /// So many changes are not held back any longer; `nil` for any number.
    var changes: Int?
}
