/// How it is with the store.
public struct StoreStatus: Codable, Sendable, Equatable {
    public var folder: String
    /// What its files take, in bytes.
    public var size: Int64
    /// When something was last saved, in RFC 3339; `nil` if nothing was since the start.
    public var lastSave: String?
    /// Set while saving fails.
    public var lastError: Mishap?
    /// Whether it is still what was opened: what is saved in one that was removed or replaced is lost.
    public var isInPlace: Bool

    public init(
        folder: String,
        size: Int64,
        lastSave: String? = nil,
        lastError: Mishap? = nil,
        isInPlace: Bool = true
    ) {
        self.folder = folder
        self.size = size
        self.lastSave = lastSave
        self.lastError = lastError
        self.isInPlace = isInPlace
    }
}
